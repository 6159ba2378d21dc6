#include "aviary_regex.h"

#include <re2/re2.h>

#include <cstring>
#include <new>

struct aviary_regex {
  RE2 compiled;
  aviary_regex(const re2::StringPiece &pattern, const RE2::Options &options) : compiled(pattern, options) {}
};

static void say(char *message, size_t capacity, const char *text) {
  if (capacity == 0) return;
  std::strncpy(message, text, capacity - 1);
  message[capacity - 1] = 0;
}

// No exception may leave: the caller is not C++.
aviary_regex *aviary_regex_create(const char *pattern, size_t length, int longest, char *message, size_t capacity) {
  try {
    RE2::Options options(RE2::Quiet);
    options.set_longest_match(longest != 0);
    aviary_regex *regex = new aviary_regex(re2::StringPiece(pattern, length), options);
    if (regex->compiled.ok()) return regex;
    say(message, capacity, regex->compiled.error().c_str());
    delete regex;
  } catch (const std::bad_alloc &) {
    say(message, capacity, "no memory for the pattern");
  }
  return nullptr;
}

int aviary_regex_full_match(const aviary_regex *regex, const char *text, size_t length) {
  return RE2::FullMatch(re2::StringPiece(text, length), regex->compiled) ? 1 : 0;
}

int aviary_regex_find(const aviary_regex *regex, const char *text, size_t length, size_t start, size_t *begin,
                      size_t *end) {
  re2::StringPiece found;
  if (start > length ||
      !regex->compiled.Match(re2::StringPiece(text, length), start, length, RE2::UNANCHORED, &found, 1))
    return 0;
  *begin = static_cast<size_t>(found.data() - text);
  *end = *begin + found.size();
  return 1;
}

void aviary_regex_destroy(aviary_regex *regex) { delete regex; }
