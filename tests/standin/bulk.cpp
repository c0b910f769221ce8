// Copies and sums in bulk, which are done at once or when they are waited for; unfair turns draw it.
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "turns.h"

namespace cuda_on_cpu {
namespace {

struct Move {
    float* to;
    const float* from;
    u32 bytes;
};

struct Unit {  // of a thread block
    u64* barrier = nullptr;
    std::vector<Move> copies;
    u32 under_way = 0, expected = 0;
    u32 phases = 0;  // that are over
};

std::map<unsigned, Unit> units;
std::map<std::pair<unsigned, unsigned>, std::vector<Move>> sums;  // by block and thread

// What threads have written to shared memory, in unfair launches, until they pass a fence.
std::map<std::pair<unsigned, unsigned>, std::vector<uintptr_t>> written;
std::unordered_set<uintptr_t> unfenced;  // all of these, by floats

std::string wrong;  // the first fault of a launch
unsigned rows;      // that its copies and sums have moved

void fault(const char* why) {
    if (wrong.empty()) wrong = why;
}

Unit& unit(u64* barrier) {
    Unit& found = units[current->block];
    if (found.barrier != barrier) fault("a barrier for bulk copies that has not begun");
    return found;
}

void check(const void* a, const void* b, u32 bytes) {
    rows++;
    if ((uintptr_t(a) | uintptr_t(b) | bytes) % 16) fault("a bulk copy that is not on 16 bytes");
}

void needs_fence(const float* row, u32 bytes) {
    for (u32 i = 0; i < bytes / sizeof(float); i++)
        if (unfenced.count(uintptr_t(row + i))) fault("a bulk copy of what has passed no fence");
}

void touch_all(const float* place, u32 bytes, Kind kind, const void* code) {
    if (!unfair) return;
    for (u32 i = 0; i < bytes / sizeof(float); i++) touch(place + i, sizeof(float), kind, code);
}

void add(const Move& sum) {
    for (u32 i = 0; i < sum.bytes / sizeof(float); i++) sum.to[i] += sum.from[i];
}

}  // namespace

void begin_bulk() {
    units.clear();
    sums.clear();
    written.clear();
    unfenced.clear();
}

void wrote(const void* place, size_t bytes) {
    if (units.empty()) return;  // a kernel without bulk copies
    for (uintptr_t at = uintptr_t(place); at < uintptr_t(place) + bytes; at += sizeof(float)) {
        written[{current->block, current->thread}].push_back(at);
        unfenced.insert(at);
    }
}

void end_bulk(unsigned block, unsigned thread) {
    if (units.count(block) && units[block].under_way) fault("copies in bulk that nobody waits for");
    if (!sums[{block, thread}].empty()) fault("sums in bulk that nobody waits for");
}

extern "C" const char* bulk_fault() { return wrong.c_str(); }

extern "C" unsigned rows_in_bulk() { return rows; }

extern "C" void forget_bulk() {
    wrong.clear();
    rows = 0;
}

}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;

void bulk_begin(u64* barrier) {
    if (uintptr_t(barrier) % 8) fault("a barrier that is not on 8 bytes");
    units[current->block].barrier = barrier;
}

void bulk_expect(u64* barrier, u32 bytes) { unit(barrier).expected += bytes; }

void bulk_copy(float* row, const float* place, u32 bytes, u64* barrier) {
    const void* code = __builtin_return_address(0);
    check(row, place, bytes);
    needs_fence(row, bytes);
    touch_all(place, bytes, READ, code);
    touch_all(row, bytes, WRITE, code);
    std::memset(row, 0xFF, bytes);  // no numbers
    if (perhaps()) std::memcpy(row, place, bytes);
    else unit(barrier).copies.push_back({row, place, bytes});
    unit(barrier).under_way += bytes;
}

// A barrier of all threads, too: the kernels have one right behind it.
void bulk_wait(u64* barrier, u32 phase) {
    __syncthreads();
    Unit& here = unit(barrier);
    if (here.phases % 2 == phase) {  // the first thread
        if (here.under_way != here.expected) fault("other bytes under way in bulk than are expected");
        for (const Move& copy : here.copies) std::memcpy(copy.to, copy.from, copy.bytes);
        here.copies.clear();
        here.under_way = here.expected = 0;
        here.phases++;
    }
}

void bulk_fence() {
    auto& mine = written[{current->block, current->thread}];
    for (uintptr_t at : mine) unfenced.erase(at);
    mine.clear();
}

void bulk_add(float* place, const float* row, u32 bytes) {
    const void* code = __builtin_return_address(0);
    check(place, row, bytes);
    needs_fence(row, bytes);
    touch_all(row, bytes, READ, code);
    touch_all(place, bytes, ATOMIC, code);
    if (perhaps()) add({place, row, bytes});
    else sums[{current->block, current->thread}].push_back({place, row, bytes});
}

void bulk_added() {
    auto& mine = sums[{current->block, current->thread}];
    for (const Move& sum : mine) add(sum);
    mine.clear();
}
