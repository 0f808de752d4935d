/* SPDX-License-Identifier: Apache-2.0 */
/* Quantities as the API writes them: "100m", "2k", "7Gi", "1e3", "0.5". Any thread. */
#ifndef CVG_KUBE_QUANTITY_H
#define CVG_KUBE_QUANTITY_H

#include <stdint.h>

/* Thousandths. What is finer is rounded up, away from zero; what does not fit saturates.
 * -1: the text is no quantity, and *ret stays. */
int cvg_kube_quantity_milli(const char *text, int64_t *ret);

#endif
