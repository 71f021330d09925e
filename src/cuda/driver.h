// NVIDIA's driver API, opened when it is first needed: the few functions that are called, declared here, so that the
// library builds without a toolkit and runs without a driver. Reference: CUDA Driver API, "Module Index".
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace sg::cuda {

namespace driver {
using Status = int;  // CUresult; 0 is success
using DeviceNumber = int;
using Address = unsigned long long;  // CUdeviceptr
struct Context;
struct Module;
struct Function;
struct QueueHandle;  // CUstream
struct EventHandle;
}  // namespace driver

// X(member, name in the library, parameters); a name with _v2 is what CUDA's header makes of the name without it.
#define SG_DRIVER_FUNCTIONS(X)                                                                                       \
  X(init, cuInit, unsigned flags)                                                                                    \
  X(driver_version, cuDriverGetVersion, int* version)                                                                \
  X(error_name, cuGetErrorName, Status error, const char** text)                                                     \
  X(error_text, cuGetErrorString, Status error, const char** text)                                                   \
  X(device_count, cuDeviceGetCount, int* count)                                                                      \
  X(device_get, cuDeviceGet, DeviceNumber* device, int ordinal)                                                      \
  X(device_name, cuDeviceGetName, char* name, int length, DeviceNumber device)                                       \
  X(device_memory, cuDeviceTotalMem_v2, std::size_t* bytes, DeviceNumber device)                                     \
  X(device_attribute, cuDeviceGetAttribute, int* value, int attribute, DeviceNumber device)                          \
  X(context_retain, cuDevicePrimaryCtxRetain, Context** context, DeviceNumber device)                                \
  X(context_release, cuDevicePrimaryCtxRelease_v2, DeviceNumber device)                                              \
  X(context_set, cuCtxSetCurrent, Context* context)                                                                  \
  X(memory_info, cuMemGetInfo_v2, std::size_t* free, std::size_t* total)                                             \
  X(allocate, cuMemAlloc_v2, Address* address, std::size_t bytes)                                                    \
  X(allocate_managed, cuMemAllocManaged, Address* address, std::size_t bytes, unsigned flags)                        \
  X(free, cuMemFree_v2, Address address)                                                                             \
  X(allocate_host, cuMemHostAlloc, void** memory, std::size_t bytes, unsigned flags)                                 \
  X(free_host, cuMemFreeHost, void* memory)                                                                          \
  X(copy_to_device, cuMemcpyHtoDAsync_v2, Address to, const void* from, std::size_t bytes, QueueHandle* stream)      \
  X(stream_create, cuStreamCreate, QueueHandle** stream, unsigned flags)                                             \
  X(stream_destroy, cuStreamDestroy_v2, QueueHandle* stream)                                                         \
  X(stream_synchronize, cuStreamSynchronize, QueueHandle* stream)                                                    \
  X(stream_wait, cuStreamWaitEvent, QueueHandle* stream, EventHandle* event, unsigned flags)                         \
  X(event_create, cuEventCreate, EventHandle** event, unsigned flags)                                                \
  X(event_destroy, cuEventDestroy_v2, EventHandle* event)                                                            \
  X(event_record, cuEventRecord, EventHandle* event, QueueHandle* stream)                                            \
  X(event_synchronize, cuEventSynchronize, EventHandle* event)                                                       \
  X(module_load, cuModuleLoadData, Module** module, const void* image)                                               \
  X(module_unload, cuModuleUnload, Module* module)                                                                   \
  X(module_function, cuModuleGetFunction, Function** function, Module* module, const char* name)                     \
  X(launch, cuLaunchKernel, Function* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, \
    unsigned block_y, unsigned block_z, unsigned shared_bytes, QueueHandle* stream, void** parameters, void** extra)

namespace driver {

/// The functions, all set.
struct Table {
#define SG_POINTER(MEMBER, NAME, ...) Status (*MEMBER)(__VA_ARGS__);
  SG_DRIVER_FUNCTIONS(SG_POINTER)
#undef SG_POINTER
};

// CUdevice_attribute
inline constexpr int kClockRate = 13, kMultiprocessors = 16, kComputeMajor = 75, kComputeMinor = 76;
inline constexpr int kConcurrentManagedAccess = 89;
inline constexpr Status kOutOfMemory = 2;
inline constexpr unsigned kManagedGlobal = 1, kStreamNonBlocking = 1, kEventWithoutTiming = 2;

}  // namespace driver

/// "CUDA 13.0" of 13000.
std::string version_text(int version);

/// The driver in this library, initialised and no older than `oldest` (13000 is CUDA 13.0). Errors (resource): no
/// driver, one too old, one that does not start.
Result<driver::Table> load_driver(const std::string& library, int oldest);

/// What a call came back with, for `doing`.
Error driver_error(const driver::Table& table, driver::Status status, std::string doing, std::string where);

}  // namespace sg::cuda
