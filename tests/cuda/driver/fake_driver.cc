// A library with the driver API's names and no GPU, for what a GPU's device makes of its answers. The environment
// variable SG_FAKE_DRIVER says what is wrong with it.
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

bool wrong(std::string_view what) {
  const char* said = std::getenv("SG_FAKE_DRIVER");
  return said != nullptr && said == what;
}

constexpr int kOutOfMemory = 2, kLaunchFailed = 719;
int made = 0;  // what was made and not given back

int make(void** out) {
  ++made;
  *out = &made;
  return 0;
}
int take(void** out, std::size_t bytes) {
  if (wrong("full")) return kOutOfMemory;
  ++made;
  *out = std::malloc(bytes);
  return 0;
}
int give(void* memory) {
  --made;
  std::free(memory);
  return 0;
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are NVIDIA's
extern "C" {

int fake_driver_holds() { return made; }

int cuInit(unsigned) { return wrong("dead") ? 999 : 0; }
int cuDriverGetVersion(int* version) { return *version = wrong("old") ? 11040 : 13000, 0; }
int cuGetErrorName(int error, const char** text) {
  return *text = error == 719 ? "CUDA_ERROR_LAUNCH_FAILED" : "ERROR", 0;
}
int cuGetErrorString(int, const char** text) { return *text = "what it means", 0; }
int cuDeviceGetCount(int* count) { return *count = wrong("none") ? 0 : 2, 0; }
int cuDeviceGet(int* device, int ordinal) { return *device = ordinal, 0; }
int cuDeviceGetName(char* name, int, int device) { return std::strcpy(name, device == 0 ? "Fake 0" : "Fake 1"), 0; }
int cuDeviceTotalMem_v2(std::size_t* bytes, int) { return *bytes = 1u << 30, 0; }
int cuDeviceGetAttribute(int* value, int attribute, int) {
  switch (attribute) {
    case 13: return *value = 1000000, 0;
    case 16: return *value = 10, 0;
    case 75: return *value = wrong("old_gpu") ? 6 : 9, 0;
    case 76: return *value = 0, 0;
    case 89: return *value = wrong("apart") ? 0 : 1, 0;
    default: return 1;
  }
}
int cuDevicePrimaryCtxRetain(void** context, int) { return make(context); }
int cuDevicePrimaryCtxRelease_v2(int) { return --made, 0; }
int cuCtxSetCurrent(void* context) { return context == nullptr ? 1 : 0; }
int cuMemGetInfo_v2(std::size_t* free, std::size_t* total) { return *free = 1u << 29, *total = 1u << 30, 0; }
int cuMemAlloc_v2(void** address, std::size_t bytes) { return take(address, bytes); }
int cuMemAllocManaged(void** address, std::size_t bytes, unsigned) { return take(address, bytes); }
int cuMemFree_v2(void* address) { return give(address); }
int cuMemHostAlloc(void** memory, std::size_t bytes, unsigned) { return take(memory, bytes); }
int cuMemFreeHost(void* memory) { return give(memory); }
int cuMemcpyHtoDAsync_v2(void* to, const void* from, std::size_t bytes, void*) {
  return std::memcpy(to, from, bytes), 0;
}
int cuStreamCreate(void** stream, unsigned) { return make(stream); }
int cuStreamDestroy_v2(void*) { return --made, 0; }
int cuStreamSynchronize(void*) { return wrong("lost") ? kLaunchFailed : 0; }
int cuStreamWaitEvent(void*, void*, unsigned) { return 0; }
int cuEventCreate(void** event, unsigned) { return make(event); }
int cuEventDestroy_v2(void*) { return --made, 0; }
int cuEventRecord(void*, void*) { return 0; }
int cuEventSynchronize(void*) { return wrong("lost") ? kLaunchFailed : 0; }
int cuModuleLoadData(void** module, const void* image) {
  return std::memcmp(image, "kernels", 7) != 0 ? 200 : make(module);
}
int cuModuleUnload(void*) { return --made, 0; }
int cuModuleGetFunction(void** function, void*, const char* name) {
  return *function = &made, std::strncmp(name, "sg_", 3) == 0 ? 0 : 500;
}
int cuLaunchKernel(void* function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**,
                   void**) {
  return function == nullptr ? 1 : 0;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming)
