// Rows of a table, added to and read in the ways a GPU has: a warp a row, ids as they come. Rows are
// `width` floats apart, a multiple of 4.

typedef unsigned int u32;

__device__ int lanes() {  // that take a row together: a warp, where a block has one
    return min(32, (int)blockDim.x);
}

#define ROWS \
    for (int n = (blockIdx.x * blockDim.x + threadIdx.x) / lanes(); n < count; \
         n += gridDim.x * blockDim.x / lanes())
#define LANES for (int k = threadIdx.x % lanes(); k < width; k += lanes())

// an atomic for each float
extern "C" __global__ void add_floats(float* table, int width, const int* ids, int count) {
    ROWS LANES atomicAdd(table + (size_t)ids[n] * width + k, 1.0f);
}

// a load for each float, from the L2 cache, where atomics act
extern "C" __global__ void read_floats(
    const float* table, int width, const int* ids, int count, double* sum
) {
    float found = 0;
    ROWS LANES found += __ldcg(table + (size_t)ids[n] * width + k);
    atomicAdd(sum, (double)found);
}

extern "C" __global__ void read_float4s(
    const float* table, int width, const int* ids, int count, double* sum
) {
    float found = 0;
    ROWS for (int k = threadIdx.x % lanes() * 4; k < width; k += lanes() * 4) {
        const float* place = table + (size_t)ids[n] * width + k;
        const float4 four = __ldcg(reinterpret_cast<const float4*>(place));
        found += four.x + four.y + four.z + four.w;
    }
    atomicAdd(sum, (double)found);
}

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900

// an atomic for each four floats
extern "C" __global__ void add_float4s(float* table, int width, const int* ids, int count) {
    ROWS for (int k = threadIdx.x % lanes() * 4; k < width; k += lanes() * 4) {
        float* place = table + (size_t)ids[n] * width + k;
        asm volatile(
            "red.global.add.v4.f32 [%0], {%1, %1, %1, %1};" ::"l"(place), "f"(1.0f) : "memory"
        );
    }
}

__device__ u32 shared_address(const void* place) {
    return (u32)__cvta_generic_to_shared(place);
}

// a bulk reduction for each row, from shared memory, by one lane
extern "C" __global__ void add_bulk(float* table, int width, const int* ids, int count) {
    extern __shared__ __align__(16) float memory[];
    float* row = memory + threadIdx.x / lanes() * width;
    LANES row[k] = 1.0f;
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    __syncwarp();
    if (threadIdx.x % lanes()) return;
    ROWS {
        asm volatile(
            "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [%0], [%1], %2;" ::"l"(
                table + (size_t)ids[n] * width
            ),
            "r"(shared_address(row)), "r"(4 * width)
            : "memory"
        );
        asm volatile("cp.async.bulk.commit_group;" ::: "memory");
        asm volatile("cp.async.bulk.wait_group.read 7;" ::: "memory");
    }
    asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}

// rows come to shared memory by bulk copies, eight of a warp at a time
extern "C" __global__ void read_bulk(
    const float* table, int width, const int* ids, int count, double* sum
) {
    extern __shared__ __align__(16) float memory[];
    __shared__ alignas(8) unsigned long long barriers[32];
    const int warp = threadIdx.x / lanes(), lane = threadIdx.x % lanes(), at_once = 8;
    float* rows = memory + warp * at_once * width;
    const u32 barrier = shared_address(barriers + warp);
    if (lane == 0) asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barrier) : "memory");
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    __syncwarp();
    float found = 0;
    u32 phase = 0;
    const int step = gridDim.x * blockDim.x / lanes() * at_once;
    for (int first = (blockIdx.x * blockDim.x + threadIdx.x) / lanes() * at_once; first < count;
         first += step) {
        const int here = min(at_once, count - first);
        if (lane == 0)
            asm volatile(
                "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier),
                "r"(here * 4 * width)
                : "memory"
            );
        __syncwarp();
        if (lane < here)
            asm volatile(
                "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes "
                "[%0], [%1], %2, [%3];" ::"r"(shared_address(rows + lane * width)),
                "l"(table + (size_t)ids[first + lane] * width), "r"(4 * width), "r"(barrier)
                : "memory"
            );
        u32 done = 0;
        while (!done)
            asm volatile(
                "{ .reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;"
                " selp.u32 %0, 1, 0, p; }"
                : "=r"(done)
                : "r"(barrier), "r"(phase)
                : "memory"
            );
        phase ^= 1;
        for (int k = lane; k < here * width; k += lanes()) found += rows[k];
        __syncwarp();
    }
    atomicAdd(sum, (double)found);
}

#endif
