#include "sql/simulated_disk.hpp"

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <map>

#include "base/check.hpp"
#include "sql/simulated_file.hpp"

namespace sql {

struct SimulatedDisk::State {
  sqlite3_vfs vfs{};
  std::string name;
  std::map<std::string, std::shared_ptr<SimulatedFile>, std::less<>> files;
  std::int64_t operations = 0;
  std::int64_t power_fails_at = 0;
  std::int64_t refuses_at = 0;
  DiskFault fault = DiskFault::input_output;
  bool power = true;

  // Counts an operation. SQLITE_OK: carry it out.
  int begin_operation(int error) {
    if (!power) return error;
    ++operations;
    if (operations == power_fails_at) {
      power = false;
      return error;
    }
    if (operations == refuses_at) return fault == DiskFault::full ? SQLITE_FULL : error;
    return SQLITE_OK;
  }
};

namespace {

using State = SimulatedDisk::State;

struct OpenFile {
  sqlite3_file base;  // first, as SQLite wants it
  State* disk;
  std::shared_ptr<SimulatedFile>* file;
  int lock;
  unsigned shared_index;     // bits of the locks this handle has shared
  unsigned exclusive_index;  // … and alone
};

OpenFile& handle_of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
State& state_of(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }

int unlock(sqlite3_file* base, int level) {
  auto& handle = handle_of(base);
  auto& file = **handle.file;
  if (handle.lock >= SQLITE_LOCK_EXCLUSIVE && level < SQLITE_LOCK_EXCLUSIVE) file.exclusive = false;
  if (handle.lock >= SQLITE_LOCK_RESERVED && level < SQLITE_LOCK_RESERVED) file.reserved = false;
  if (handle.lock >= SQLITE_LOCK_SHARED && level < SQLITE_LOCK_SHARED) --file.shared;
  handle.lock = std::min(handle.lock, level);
  return SQLITE_OK;
}

int lock(sqlite3_file* base, int level) {
  auto& handle = handle_of(base);
  auto& file = **handle.file;
  if (level <= handle.lock) return SQLITE_OK;
  if (handle.lock < SQLITE_LOCK_SHARED) {
    if (file.exclusive) return SQLITE_BUSY;
    ++file.shared;
    handle.lock = SQLITE_LOCK_SHARED;
  }
  if (level >= SQLITE_LOCK_RESERVED && handle.lock < SQLITE_LOCK_RESERVED) {
    if (file.reserved) return SQLITE_BUSY;
    file.reserved = true;
    handle.lock = SQLITE_LOCK_RESERVED;
  }
  if (level == SQLITE_LOCK_EXCLUSIVE) {
    if (file.shared > 1) return SQLITE_BUSY;
    file.exclusive = true;
    handle.lock = SQLITE_LOCK_EXCLUSIVE;
  }
  return SQLITE_OK;
}

int close(sqlite3_file* base) {
  auto& handle = handle_of(base);
  unlock(base, SQLITE_LOCK_NONE);
  delete handle.file;
  handle.file = nullptr;
  return SQLITE_OK;
}

int read(sqlite3_file* base, void* to, int amount, sqlite3_int64 at) {
  auto& handle = handle_of(base);
  if (!handle.disk->power) return SQLITE_IOERR_READ;
  const std::span bytes{static_cast<std::byte*>(to), static_cast<std::size_t>(amount)};
  const bool whole = (*handle.file)->read(bytes, static_cast<std::size_t>(at));
  return whole ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* base, const void* from, int amount, sqlite3_int64 at) {
  auto& handle = handle_of(base);
  const std::span bytes{static_cast<const std::byte*>(from), static_cast<std::size_t>(amount)};
  const bool had_power = handle.disk->power;
  const int code = handle.disk->begin_operation(SQLITE_IOERR_WRITE);
  // A write that the power failed under may still be on the disk, in part.
  if (code == SQLITE_OK || (had_power && !handle.disk->power))
    (*handle.file)->write(bytes, static_cast<std::size_t>(at));
  return code;
}

int truncate(sqlite3_file* base, sqlite3_int64 size) {
  auto& handle = handle_of(base);
  const int code = handle.disk->begin_operation(SQLITE_IOERR_TRUNCATE);
  if (code == SQLITE_OK) (*handle.file)->truncate(static_cast<std::size_t>(size));
  return code;
}

int sync(sqlite3_file* base, int /*flags*/) {
  auto& handle = handle_of(base);
  const int code = handle.disk->begin_operation(SQLITE_IOERR_FSYNC);
  if (code == SQLITE_OK) (*handle.file)->sync();
  return code;
}

int file_size(sqlite3_file* base, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>((*handle_of(base).file)->size());
  return SQLITE_OK;
}

int check_reserved(sqlite3_file* base, int* out) {
  *out = (*handle_of(base).file)->reserved ? 1 : 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file* /*base*/, int /*operation*/, void* /*argument*/) {
  return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file* /*base*/) { return 4096; }
int characteristics(sqlite3_file* /*base*/) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int map_index(sqlite3_file* base, int page, int size, int extend, void volatile** out) {
  auto& handle = handle_of(base);
  RL_CHECK(size == static_cast<int>(SimulatedFile::kIndexPage), "SQLite maps 32 KiB at a time");
  auto& index = (*handle.file)->index;
  const auto wanted = static_cast<std::size_t>(page);
  *out = nullptr;
  if (!handle.disk->power) return SQLITE_IOERR_SHMMAP;
  while (extend != 0 && index.size() <= wanted) index.emplace_back().fill(std::byte{});
  if (wanted < index.size()) *out = index[wanted].data();
  return SQLITE_OK;
}

int lock_index(sqlite3_file* base, int first, int count, int flags) {
  auto& handle = handle_of(base);
  auto& locks = (*handle.file)->index_locks;
  const bool alone = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  for (int pass = 0; pass < 2; ++pass)
    for (int i = first; i < first + count; ++i) {
      auto& held = locks.at(static_cast<std::size_t>(i));
      const auto bit = 1U << static_cast<unsigned>(i);
      if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        if (pass == 0) continue;
        if ((handle.exclusive_index & bit) != 0) held = 0;
        if ((handle.shared_index & bit) != 0) --held;
        handle.exclusive_index &= ~bit;
        handle.shared_index &= ~bit;
      } else if (pass == 0) {
        const bool mine = (handle.shared_index & bit) != 0 && held == 1;
        if (held < 0 || (alone && held > 0 && !mine)) return SQLITE_BUSY;
      } else if (alone) {
        held = -1;
        handle.exclusive_index |= bit;
      } else if ((handle.shared_index & bit) == 0) {
        ++held;
        handle.shared_index |= bit;
      }
    }
  return SQLITE_OK;
}

void index_barrier(sqlite3_file* /*base*/) {}

int unmap_index(sqlite3_file* base, int remove) {
  if (remove != 0) (*handle_of(base).file)->index.clear();
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = [] {
  sqlite3_io_methods methods{};
  methods.iVersion = 2;
  methods.xClose = close;
  methods.xRead = read;
  methods.xWrite = write;
  methods.xTruncate = truncate;
  methods.xSync = sync;
  methods.xFileSize = file_size;
  methods.xLock = lock;
  methods.xUnlock = unlock;
  methods.xCheckReservedLock = check_reserved;
  methods.xFileControl = file_control;
  methods.xSectorSize = sector_size;
  methods.xDeviceCharacteristics = characteristics;
  methods.xShmMap = map_index;
  methods.xShmLock = lock_index;
  methods.xShmBarrier = index_barrier;
  methods.xShmUnmap = unmap_index;
  return methods;
}();

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* base, int flags, int* out_flags) {
  auto& disk = state_of(vfs);
  auto& handle = handle_of(base);
  handle = {};
  if (!disk.power) return SQLITE_CANTOPEN;
  auto file = std::make_shared<SimulatedFile>();
  if (name != nullptr) {
    const auto found = disk.files.find(std::string_view{name});
    if (found == disk.files.end() && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    if (found == disk.files.end())
      disk.files.emplace(name, file);
    else
      file = found->second;
  }
  handle.base.pMethods = &kMethods;
  handle.disk = &disk;
  handle.file = new std::shared_ptr<SimulatedFile>(std::move(file));
  handle.lock = SQLITE_LOCK_NONE;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* name, int /*sync_folder*/) {
  auto& disk = state_of(vfs);
  const int code = disk.begin_operation(SQLITE_IOERR_DELETE);
  if (code != SQLITE_OK) return code;
  return disk.files.erase(name) > 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

int is_there(sqlite3_vfs* vfs, const char* name, int /*flags*/, int* out) {
  auto& disk = state_of(vfs);
  if (!disk.power) return SQLITE_IOERR_ACCESS;
  *out = disk.files.contains(std::string_view{name}) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs* /*vfs*/, const char* name, int size, char* out) {
  if (std::strlen(name) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, name, std::strlen(name) + 1);
  return SQLITE_OK;
}

int no_randomness(sqlite3_vfs* /*vfs*/, int size, char* out) {
  std::memset(out, 0x5a, static_cast<std::size_t>(size));
  return size;
}
int no_sleep(sqlite3_vfs* /*vfs*/, int micros) { return micros; }
int no_time(sqlite3_vfs* /*vfs*/, sqlite3_int64* julian_ms) {
  *julian_ms = 212'000'000'000'000;
  return SQLITE_OK;
}
int no_error(sqlite3_vfs* /*vfs*/, int /*size*/, char* /*out*/) { return 0; }

std::string next_name() {
  static std::atomic<int> made = 0;
  return "simulated_disk_" + std::to_string(++made);
}

}  // namespace

SimulatedDisk::SimulatedDisk() : state_(std::make_unique<State>()) {
  state_->name = next_name();
  auto& vfs = state_->vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = sizeof(OpenFile);
  vfs.mxPathname = 512;
  vfs.zName = state_->name.c_str();
  vfs.pAppData = state_.get();
  vfs.xOpen = open;
  vfs.xDelete = remove;
  vfs.xAccess = is_there;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = no_randomness;
  vfs.xSleep = no_sleep;
  vfs.xGetLastError = no_error;
  vfs.xCurrentTimeInt64 = no_time;
  RL_CHECK(sqlite3_vfs_register(&vfs, 0) == SQLITE_OK, "a VFS can be registered");
}

SimulatedDisk::~SimulatedDisk() { sqlite3_vfs_unregister(&state_->vfs); }

const std::string& SimulatedDisk::vfs_name() const { return state_->name; }
std::int64_t SimulatedDisk::operations() const { return state_->operations; }
bool SimulatedDisk::has_power() const { return state_->power; }
void SimulatedDisk::fail_power() { state_->power = false; }

void SimulatedDisk::fail_power_at(std::int64_t operation) {
  state_->power_fails_at = operation == 0 ? 0 : state_->operations + operation;
}

void SimulatedDisk::refuse_at(std::int64_t operation, DiskFault fault) {
  state_->refuses_at = state_->operations + operation;
  state_->fault = fault;
}

void SimulatedDisk::restore_power(base::Random& random) {
  for (auto& [name, file] : state_->files) file->lose_unsynced(random);
  state_->power = true;
  state_->power_fails_at = 0;
  state_->refuses_at = 0;
}

std::string SimulatedDisk::content(const std::string& path) const {
  const auto found = state_->files.find(path);
  if (found == state_->files.end()) return {};
  const auto& bytes = found->second->bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace sql
