// Counts what the process takes from the heap, by standing in for malloc and its kin.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

/// Whether allocations are counted: not under a sanitizer, which stands in for malloc itself, and only with
/// the GNU C library.
int allocation_counter_works(void);

/// Allocations of the calling thread so far.
long allocations_of_thread(void);

/// Allocations of all threads so far.
long allocations_of_process(void);

#endif
