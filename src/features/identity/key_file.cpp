#include "features/identity/key_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace identity {
namespace {

using Key = std::shared_ptr<evp_pkey_st>;

std::string reason(const std::string& what, const std::string& path) {
  return what + " " + path + ": " + std::generic_category().message(errno);
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

// nullopt: there is no such file.
base::Result<std::optional<Key>> load(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file.open()) {
    if (errno == ENOENT) return std::optional<Key>{};
    return base::fail_internal(reason("cannot open", path));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return base::fail_internal(reason("cannot stat", path));
  if ((status.st_mode & 077U) != 0)
    return base::fail_internal("others may read " + path + "; make it private: chmod 600");
  std::string text(4096, '\0');
  const auto size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return base::fail_internal(reason("cannot read", path));
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(text.data(), static_cast<int>(size)), &BIO_free);
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (!key || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519)
    return base::fail_internal(path + " holds no Ed25519 private key");
  return std::optional<Key>{std::move(key)};
}

base::Result<std::string> make_pem() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  if (!key || !bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1)
    return base::fail_internal("OpenSSL makes no Ed25519 key");
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

base::Result<void> write_whole(const std::string& path, const std::string& text) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.open()) return base::fail_internal(reason("cannot make", path));
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(file.get()) != 0)
    return base::fail_internal(reason("cannot write", path));
  return {};
}

// link() and not rename(): when another start was faster, its key stays.
base::Result<void> put_in_place(const std::string& folder, const std::string& draft,
                                const std::string& path) {
  const bool linked = ::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const auto failure = reason("cannot link", path);
  ::unlink(draft.c_str());
  if (!linked) return base::fail_internal(failure);
  const File directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.open() || ::fsync(directory.get()) != 0)
    return base::fail_internal(reason("cannot sync", folder));
  return {};
}

}  // namespace

base::Result<Key> load_or_make_ed25519(const std::string& folder, const std::string& path) {
  RL_TRY(auto present, load(path));
  if (present) return std::move(*present);
  std::error_code failure;
  if (std::filesystem::create_directories(folder, failure))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure);
  if (failure) return base::fail_internal("cannot make " + folder + ": " + failure.message());
  RL_TRY(const std::string pem, make_pem());
  const auto draft = path + "." + std::to_string(::getpid());
  ::unlink(draft.c_str());
  RL_TRY_VOID(write_whole(draft, pem));
  RL_TRY_VOID(put_in_place(folder, draft, path));
  RL_TRY(auto made, load(path));
  if (!made) return base::fail_internal(path + " vanished while it was made");
  return std::move(*made);
}

}  // namespace identity
