// CUDA's words for a C++ compiler: a launch runs in one thread of the CPU, and the threads of all
// its thread blocks take turns; `turns.cpp` says when.
#include <algorithm>
#include <cmath>
#include <functional>

#define __global__
#define __device__
#define __shared__
#define __align__(bytes)
using std::max;
using std::min;

namespace cuda_on_cpu {

struct Index {
    unsigned x;
};

struct Thread {
    unsigned thread, block;
    const char *stack, *stack_end;
};

extern Thread* current;
extern Index block_size, grid_size;

float* shared_memory();  // of the current thread's block
void launch(unsigned grid, unsigned block, unsigned bytes, std::function<void()> kernel);

}  // namespace cuda_on_cpu

#define threadIdx (cuda_on_cpu::Index{cuda_on_cpu::current->thread})
#define blockIdx (cuda_on_cpu::Index{cuda_on_cpu::current->block})
#define blockDim cuda_on_cpu::block_size
#define gridDim cuda_on_cpu::grid_size

struct alignas(16) float4 {
    float x, y, z, w;
};

template <class T>
T __ldcg(const T* place) {
    return *place;
}

void __syncthreads();
int atomicAdd(int* place, int change);
float atomicAdd(float* place, float change);
float4 atomicAdd(float4* place, float4 change);
double atomicAdd(double* place, double change);
unsigned long long atomicAdd(unsigned long long* place, unsigned long long change);

// The copying unit, for ROWS_IN_BULK; the barrier is a thread block's only one.
#define BULK
typedef unsigned int u32;
typedef unsigned long long u64;
void bulk_begin(u64* barrier);
void bulk_expect(u64* barrier, u32 bytes);
void bulk_copy(float* row, const float* place, u32 bytes, u64* barrier);
void bulk_wait(u64* barrier, u32 phase);
void bulk_fence();
void bulk_add(float* place, const float* row, u32 bytes);
void bulk_added();
