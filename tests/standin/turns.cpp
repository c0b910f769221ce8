// Threads as fibers. Fair turns: from barrier to barrier, one thread of a block after the other,
// one block after the other. Unfair ones are drawn, at each access to shared memory or to an array:
// a block goes on for 1 to 4,096 of them, so that some do a whole piece of work while others are in
// the middle of theirs, and which of its threads has the next one is drawn, too.
#include <setjmp.h>
#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "turns.h"

namespace cuda_on_cpu {

namespace {

const size_t STACK = 64 * 1024;
const unsigned SIDE_BY_SIDE = 64;  // thread blocks that take turns; others come after them
const unsigned LONGEST = 12;       // of a block's goes, as a power of two
const size_t FENCE = 16;           // bytes behind the shared memory of a block

struct Fiber : Thread {
    jmp_buf place;
    ucontext_t start;
    std::unique_ptr<char[]> room{new char[STACK]};
    bool started = false, done = false;
};

struct Block {
    std::vector<Fiber*> going;  // those that wait at no barrier and are not done
    std::vector<Fiber*> waiting;
    unsigned barriers = 0;
};

Fiber launcher;

}  // namespace

Thread* current = &launcher;
Index block_size, grid_size;
bool unfair = false;

namespace {

std::function<void()> body;
std::vector<char> memory;  // shared memory of all blocks side by side
size_t memory_bytes;       // of one, with its fence
unsigned first_block;
std::vector<Block> blocks;
std::vector<unsigned> live;  // blocks with threads that are not done
unsigned turn, left;         // which of them has its go, and accesses until its end
unsigned long long state;
unsigned rounds;  // of fair turns of all blocks: what the launch takes, in times between barriers

Fiber& me() { return *static_cast<Fiber*>(current); }
Block& my_block() { return blocks[current->block - first_block]; }

[[noreturn]] void fail(const char* why) {
    std::fprintf(stderr, "%s\n", why);
    std::abort();
}

unsigned drawn(unsigned below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 20) % below;
}

// setjmp and longjmp, since swapcontext asks the kernel about signals each time
void go_to(Fiber& next) {
    Fiber& from = me();
    if (&from == &next || _setjmp(from.place)) return;
    current = &next;
    if (next.started) _longjmp(next.place, 1);
    next.started = true;
    setcontext(&next.start);
}

void draw_block() {
    turn = drawn(live.size());
    left = 1u << drawn(LONGEST + 1);
}

void go_on() {
    if (live.empty()) return go_to(launcher);
    auto& going = blocks[live[turn]].going;
    go_to(*going[drawn(going.size())]);
}

// The current thread goes no further for now.
void leave(bool done) {
    Block& block = my_block();
    auto& going = block.going;
    going.erase(std::find(going.begin(), going.end(), &me()));
    if (!done) block.waiting.push_back(&me());
    if (going.empty()) {
        if (!block.waiting.empty() && block.waiting.size() != block_size.x)
            fail("some threads of a block wait where others are done");
        going.swap(block.waiting);
        block.barriers++;
        if (done) {
            live.erase(live.begin() + turn);
            if (!live.empty()) draw_block();
        }
    }
    go_on();
}

void run_fiber() {
    body();
    end_bulk(current->block, current->thread);
    me().done = true;
    if (unfair) leave(true);
    go_to(launcher);
}

void run_fairly(std::vector<Fiber*>& fibers) {
    for (bool more = true; more; rounds++) {
        more = false;
        for (size_t b = 0; b < fibers.size(); b += block_size.x) {
            unsigned done = 0;
            for (unsigned t = 0; t < block_size.x; t++) {
                if (!fibers[b + t]->done) go_to(*fibers[b + t]);
                done += fibers[b + t]->done;
            }
            if (done != 0 && done != block_size.x)
                fail("some threads of a block wait where others are done");
            more = more || !done;
        }
    }
}

void run_unfairly(std::vector<Fiber*>& fibers) {
    blocks.assign(fibers.size() / block_size.x, {});
    live.clear();
    for (size_t b = 0; b < blocks.size(); b++) live.push_back(b);
    for (Fiber* fiber : fibers) blocks[fiber->block - first_block].going.push_back(fiber);
    draw_block();
    go_on();
}

// Thread blocks first to last (exclusive).
void run_blocks(unsigned first, unsigned last) {
    static std::vector<std::unique_ptr<Fiber>> kept;  // their stacks are large
    const size_t count = size_t(last - first) * block_size.x;
    while (kept.size() < count) kept.emplace_back(new Fiber);
    std::vector<Fiber*> fibers;
    for (size_t i = 0; i < count; i++) {
        Fiber& fiber = *kept[i];
        fiber.thread = i % block_size.x;
        fiber.block = first + i / block_size.x;
        fiber.started = fiber.done = false;
        getcontext(&fiber.start);
        fiber.stack = fiber.room.get();
        fiber.stack_end = fiber.stack + STACK;
        fiber.start.uc_stack.ss_sp = fiber.room.get();
        fiber.start.uc_stack.ss_size = STACK;
        makecontext(&fiber.start, run_fiber, 0);
        fibers.push_back(&fiber);
    }
    current = &launcher;
    launcher.started = true;
    unfair ? run_unfairly(fibers) : run_fairly(fibers);
}

}  // namespace

float* shared_memory() {
    return reinterpret_cast<float*>(&memory[(current->block - first_block) * memory_bytes]);
}

unsigned barriers() { return my_block().barriers; }

bool perhaps() { return unfair && drawn(2); }

void take_turns() {
    if (left-- == 0) draw_block();
    go_on();
}

void launch(unsigned grid, unsigned block, unsigned bytes, std::function<void()> kernel) {
    body = kernel;
    grid_size.x = grid;
    block_size.x = block;
    rounds = 0;
    memory_bytes = (bytes + 15) / 16 * 16 + FENCE;
    for (unsigned first = 0; first < grid; first += SIDE_BY_SIDE) {
        const unsigned last = std::min(grid, first + SIDE_BY_SIDE);
        first_block = first;
        begin_bulk();
        memory.assign((last - first) * memory_bytes, char(0xFF));  // no numbers
        if (unfair) forget_shared(memory.data(), last - first, memory_bytes);
        run_blocks(first, last);
        for (size_t b = memory_bytes; b <= memory.size(); b += memory_bytes)
            for (size_t i = b - FENCE; i < b; i++)
                if (memory[i] != char(0xFF)) fail("shared memory was written beyond its end");
    }
}

extern "C" unsigned rounds_taken() { return rounds; }

extern "C" void be_unfair(unsigned long long seed) {
    unfair = true;
    state = seed * 0x9E3779B97F4A7C15ull + 0xD1B54A32D192ED03ull;
}

}  // namespace cuda_on_cpu

void __syncthreads() {
    using namespace cuda_on_cpu;
    unfair ? leave(false) : go_to(launcher);
}
