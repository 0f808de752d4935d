/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a reading that more than one of our documents has; only files of this folder include
 * it. reading may be NULL: the keys are there all the same. */
#ifndef CVG_WIRE_READING_PARTS_H
#define CVG_WIRE_READING_PARTS_H

#include "wire/document.h"

#include <convergate/reading.h>

void cvg_document_facts(cJSON *parent, const struct cvg_reading *reading);
void cvg_document_value(cJSON *parent, const struct cvg_reading *reading);

#endif
