/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An access as one line, so that a table can say what is expected: "https://10.0.0.1 ca=ca-file
 * token=sesame". Of PEM only its second line.
 */
#ifndef ACCESS_TEXT_H
#define ACCESS_TEXT_H

#include "access.h"

/* Lives until the next call. */
const char *access_text(const struct cvg_kube_access *access);
/* Its plugin: "aws in /etc: eks get-token | A=B". */
const char *plugin_text(const struct cvg_kube_plugin *plugin);

#endif
