#include "aviary_plugin_text.h"
// So that a changed header is assembled anew.
#include "aviary_plugin.h"

// The file itself, not a copy that could fall behind.
__asm__(
#ifdef __APPLE__
  ".section __TEXT,__const\n.globl _aviary_plugin_header_text\n_aviary_plugin_header_text:\n"
#else
  ".section .rodata\n.globl aviary_plugin_header_text\naviary_plugin_header_text:\n"
#endif
  ".incbin \"aviary_plugin.h\"\n.byte 0\n.text\n");

extern const char aviary_plugin_header_text[];

const char *aviary_plugin_header_address(void) { return aviary_plugin_header_text; }
