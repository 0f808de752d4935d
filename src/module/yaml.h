/* SPDX-License-Identifier: Apache-2.0 */
/* YAML for modules: read as the daemon reads its own files, given out as JSON. Pure, any thread. */
#ifndef CVG_MODULE_YAML_H
#define CVG_MODULE_YAML_H

#include <stddef.h>
#include <stdint.h>

/* host->yaml, see there. */
int32_t cvg_yaml_to_json(const char *text, size_t length,
                         void (*emit)(void *arg, const char *json, size_t length), void *arg,
                         char *error, size_t error_size);

#endif
