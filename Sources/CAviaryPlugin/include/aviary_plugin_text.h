// The text of aviary_plugin.h, for `aviary plugin new`.

#ifndef AVIARY_PLUGIN_TEXT_H
#define AVIARY_PLUGIN_TEXT_H

/// Ends with a NUL.
const char *aviary_plugin_header_address(void);

#endif
