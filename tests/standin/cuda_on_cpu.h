// CUDA's words for a C++ compiler: a launch runs in one thread, and the threads of all its thread
// blocks take turns between barriers. Divergent barriers end the process; races are not found.
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

#define __global__
#define __device__
#define __shared__
#define __align__(bytes)
using std::max;
using std::min;

namespace cuda_on_cpu {

const size_t STACK = 64 * 1024;
const unsigned SIDE_BY_SIDE = 64;  // thread blocks that take turns; others come after them

struct Index {
    unsigned x;
};

struct Fiber {
    ucontext_t context;
    std::unique_ptr<char[]> stack{new char[STACK]};
    unsigned thread, block;
    bool done = false;
};

inline Fiber*& current() { static Fiber* fiber; return fiber; }
inline ucontext_t& scheduler() { static ucontext_t context; return context; }
inline Index& block_size() { static Index index; return index; }
inline Index& grid_size() { static Index index; return index; }
inline std::vector<std::vector<float>>& memories() { static std::vector<std::vector<float>> m; return m; }
inline unsigned& first_block() { static unsigned first; return first; }
inline std::function<void()>& body() { static std::function<void()> function; return function; }

inline void run_fiber() {
    body()();
    current()->done = true;
    swapcontext(&current()->context, &scheduler());
}

inline float* shared_memory() { return memories()[current()->block - first_block()].data(); }

// Thread blocks first to last (exclusive), in turns from barrier to barrier.
inline void run_blocks(unsigned first, unsigned last, unsigned block) {
    static std::vector<std::unique_ptr<Fiber>> fibers;  // kept: their stacks are large
    const size_t count = size_t(last - first) * block;
    while (fibers.size() < count) fibers.emplace_back(new Fiber);
    for (size_t i = 0; i < count; i++) {
        Fiber& fiber = *fibers[i];
        fiber.thread = i % block;
        fiber.block = first + i / block;
        fiber.done = false;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = STACK;
        makecontext(&fiber.context, run_fiber, 0);
    }
    for (bool more = true; more;) {
        more = false;
        for (size_t b = 0; b < count; b += block) {
            unsigned done = 0;
            for (unsigned t = 0; t < block; t++) {
                current() = fibers[b + t].get();
                if (!current()->done) swapcontext(&scheduler(), &current()->context);
                done += fibers[b + t]->done;
            }
            if (done != 0 && done != block) {
                std::fprintf(stderr, "some threads of a block wait where others are done\n");
                std::abort();
            }
            more = more || !done;
        }
    }
}

inline void launch(unsigned grid, unsigned block, unsigned bytes, std::function<void()> kernel) {
    body() = kernel;
    grid_size().x = grid;
    block_size().x = block;
    for (unsigned first = 0; first < grid; first += SIDE_BY_SIDE) {
        const unsigned last = std::min(grid, first + SIDE_BY_SIDE);
        first_block() = first;
        memories().assign(last - first, std::vector<float>(bytes / 4 + 4, NAN));
        run_blocks(first, last, block);
        for (auto& memory : memories())
            for (size_t i = bytes / 4; i < memory.size(); i++)
                if (!std::isnan(memory[i])) {
                    std::fprintf(stderr, "shared memory was written beyond its end\n");
                    std::abort();
                }
    }
}

}  // namespace cuda_on_cpu

#define threadIdx (cuda_on_cpu::Index{cuda_on_cpu::current()->thread})
#define blockIdx (cuda_on_cpu::Index{cuda_on_cpu::current()->block})
#define blockDim cuda_on_cpu::block_size()
#define gridDim cuda_on_cpu::grid_size()

const int warpSize = 4;  // of the few threads that stand for many

struct float4 {
    float x, y, z, w;
};

template <class T>
T __ldcg(const T* place) {
    return *place;
}

inline void __syncthreads() {
    swapcontext(&cuda_on_cpu::current()->context, &cuda_on_cpu::scheduler());
}

template <class T, class U>
T atomicAdd(T* place, U change) {
    T old = *place;
    *place = old + T(change);
    return old;
}
