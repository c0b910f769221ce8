// Who takes turns, and who has touched what: between turns.cpp and races.cpp.
#include <cstddef>
#include <string>

#include "cuda_on_cpu.h"

namespace cuda_on_cpu {

enum Kind { READ, WRITE, ATOMIC };

extern bool unfair;  // turns are drawn, at every access to memory that threads share

unsigned barriers();  // that the current thread's block has passed
void take_turns();    // perhaps another thread goes on; in unfair launches only
bool perhaps();       // drawn; in fair launches never

void wrote(const void* place, size_t bytes);     // to shared memory, but by no bulk copy
void begin_bulk();                               // some blocks of a launch
void end_bulk(unsigned block, unsigned thread);  // a thread is done

void touch(const void* place, size_t bytes, Kind kind, const void* code);
void forget_shared(const char* memory, size_t blocks, size_t bytes);  // new shared memory

}  // namespace cuda_on_cpu
