// Regular expressions in linear time, through RE2: C functions, because RE2 is C++ and Swift code should not
// see that.
#ifndef AVIARY_REGEX_H
#define AVIARY_REGEX_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct aviary_regex aviary_regex;

// A compiled pattern (UTF-8, RE2's syntax), or NULL with a message (always terminated) in `message`. With `longest`
// the longest of several possible matches is found, not the first.
aviary_regex *aviary_regex_create(const char *pattern, size_t length, int longest, char *message, size_t capacity);

// 1 where the whole text matches, 0 where not. May be called by several threads at once.
int aviary_regex_full_match(const aviary_regex *regex, const char *text, size_t length);

// 1 where something from byte `start` on matches, with its first byte and the one behind it; 0 where nothing does.
int aviary_regex_find(const aviary_regex *regex, const char *text, size_t length, size_t start, size_t *begin,
                      size_t *end);

void aviary_regex_destroy(aviary_regex *regex);

#ifdef __cplusplus
}
#endif

#endif
