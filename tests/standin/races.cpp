// Finds races in a launch with unfair turns, by what g++ -fsanitize=thread puts before every access
// of the kernels. Two threads race that touch one address, at least one of them to change it, not
// both by atomics, unless a barrier of their block lies between. So it does not take the turns that
// show a race to find it: any will do that come to both places.
#include <dlfcn.h>

#include <cstdint>
#include <vector>

#include "turns.h"

namespace cuda_on_cpu {
namespace {

const uint16_t NONE = -1, SEVERAL = -2;

// Who has touched a piece of memory: of the last block's threads since its last barrier the last.
struct Touch {
    uint16_t block = NONE, thread = NONE;
    unsigned barriers = 0;
    const void* code = nullptr;

    bool by_another(const Thread& one, unsigned passed) const {
        if (block == NONE) return false;
        return block != one.block || (barriers == passed && thread != one.thread);
    }
    void by(const Thread& one, unsigned passed, const void* place) {
        const bool other = block != NONE && block != one.block;
        const bool beside = block == one.block && barriers == passed && thread != one.thread;
        block = other ? SEVERAL : one.block;
        thread = beside ? SEVERAL : one.thread;
        barriers = passed;
        code = place;
    }
};

struct Piece {
    Touch by_kind[3];
};

// An array, or the shared memory of all blocks, in pieces that no access divides.
struct Memory {
    std::string name;
    const char *begin = nullptr, *end = nullptr;
    size_t grain = 4;
    bool may_race = false;  // reads with atomics
    std::vector<Piece> pieces;
};

std::vector<Memory> arrays;  // by their addresses
Memory shared;
std::string found;

std::string about(const Thread& one, Kind kind, const void* code) {
    static const char* words[] = {"reads", "writes", "changes by atomics"};
    Dl_info library;
    dladdr(code, &library);
    const auto at = static_cast<const char*>(code) - static_cast<const char*>(library.dli_fbase);
    const std::string thread = one.thread == SEVERAL ? "several" : std::to_string(one.thread);
    const std::string block = one.block == SEVERAL ? "several" : std::to_string(one.block);
    return "block " + block + ", thread " + thread + " " + words[kind] + " it at @" +
           std::to_string(at - 1) + "\n";
}

void check(Memory& memory, size_t number, Kind kind, const void* code) {
    Piece& piece = memory.pieces[number];
    const unsigned passed = barriers();
    for (Kind other : {READ, WRITE, ATOMIC}) {
        const Touch& touch = piece.by_kind[other];
        if (kind == other && kind != WRITE) continue;
        if (memory.may_race && kind != WRITE && other != WRITE) continue;
        if (!touch.by_another(*current, passed) || !found.empty()) continue;
        found = "a race on " + memory.name + "[" + std::to_string(number) + "]:\n" +
                about(*current, kind, code) + about({touch.thread, touch.block}, other, touch.code);
    }
    piece.by_kind[kind].by(*current, passed, code);
}

Memory* memory_of(const char* place) {
    if (shared.begin <= place && place < shared.end) return &shared;
    auto after = [](const char* at, const Memory& array) { return at < array.begin; };
    const auto next = std::upper_bound(arrays.begin(), arrays.end(), place, after);
    return next != arrays.begin() && place < next[-1].end ? &next[-1] : nullptr;
}

}  // namespace

static bool is_shared(const void* place) { return shared.begin <= place && place < shared.end; }

void touch(const void* address, size_t bytes, Kind kind, const void* code) {
    const char* place = static_cast<const char*>(address);
    if (current->stack <= place && place < current->stack_end) return;
    Memory* memory = memory_of(place);
    if (!memory) return;  // ours
    take_turns();
    const size_t first = (place - memory->begin) / memory->grain;
    const size_t last = (place + bytes - 1 - memory->begin) / memory->grain;
    for (size_t i = first; i <= last; i++) check(*memory, i, kind, code);
}

void forget_shared(const char* memory, size_t blocks, size_t bytes) {
    shared.name = "shared memory";
    shared.begin = memory;
    shared.end = memory + blocks * bytes;
    shared.pieces.assign(blocks * bytes / shared.grain, {});
}

extern "C" void forget_arrays() {
    arrays.clear();
    found.clear();
}

extern "C" void add_array(
    const char* name, const char* begin, size_t bytes, size_t grain, int may_race
) {
    Memory array{name, begin, begin + bytes, grain, may_race != 0};
    array.pieces.resize(bytes / grain);
    const auto before = [](const Memory& a, const Memory& b) { return a.begin < b.begin; };
    arrays.insert(std::upper_bound(arrays.begin(), arrays.end(), array, before), array);
}

extern "C" const char* race() { return found.c_str(); }

}  // namespace cuda_on_cpu

static void write(const void* place, size_t bytes, const void* code) {
    cuda_on_cpu::touch(place, bytes, cuda_on_cpu::WRITE, code);
    if (cuda_on_cpu::is_shared(place)) cuda_on_cpu::wrote(place, bytes);
}

#define HOOKS(bytes)                                                                      \
    extern "C" void __tsan_read##bytes(void* place) {                                     \
        cuda_on_cpu::touch(place, bytes, cuda_on_cpu::READ, __builtin_return_address(0)); \
    }                                                                                     \
    extern "C" void __tsan_write##bytes(void* place) {                                    \
        write(place, bytes, __builtin_return_address(0));                                 \
    }
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

extern "C" void __tsan_read_range(void* place, size_t bytes) {
    cuda_on_cpu::touch(place, bytes, cuda_on_cpu::READ, __builtin_return_address(0));
}
extern "C" void __tsan_write_range(void* place, size_t bytes) {
    write(place, bytes, __builtin_return_address(0));
}
extern "C" void __tsan_init() {}

template <class T>
static T add(T* place, T change, const void* code) {
    if (cuda_on_cpu::unfair) cuda_on_cpu::touch(place, sizeof(T), cuda_on_cpu::ATOMIC, code);
    const T old = *place;
    *place = old + change;
    return old;
}

// four atomics, not one
float4 atomicAdd(float4* place, float4 change) {
    const void* code = __builtin_return_address(0);
    return {
        add(&place->x, change.x, code), add(&place->y, change.y, code),
        add(&place->z, change.z, code), add(&place->w, change.w, code)
    };
}

#define ATOMIC_ADD(T) \
    T atomicAdd(T* place, T change) { return add(place, change, __builtin_return_address(0)); }
ATOMIC_ADD(int)
ATOMIC_ADD(float)
ATOMIC_ADD(double)
ATOMIC_ADD(unsigned long long)
