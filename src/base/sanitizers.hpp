// What a build under a sanitizer cannot do.
#pragma once

namespace base {

// AddressSanitizer and ThreadSanitizer reserve terabytes of address space for their shadow memory,
// and take what the program touches several times over: RLIMIT_AS and bounds on resident memory
// mean nothing in such a build.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kHasShadowMemory = true;
#else
inline constexpr bool kHasShadowMemory = false;
#endif

}  // namespace base
