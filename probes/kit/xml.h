/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The XML in which some services answer: elements and their texts, read once from begin to end. Strict
 * where it matters: one root, tags in pairs, no document type (so no entities of its own), UTF-8,
 * bounded depth. Attributes are checked and passed over. Pure.
 */
#ifndef CVG_KIT_XML_H
#define CVG_KIT_XML_H

#include <stddef.h>

#define CVG_KIT_XML_DEPTH 16
#define CVG_KIT_XML_PATH  512 /* bytes of all names that are open */

/* At each element's end. path: "Error/Code", from the root. text: what stands in the element behind
 * its last child, or all where it has none; decoded, without white space around it, a NUL behind.
 * Nonzero ends the reading. */
typedef int cvg_kit_xml_element(void *arg, const char *path, const char *text, size_t length);

/* 0: read to its end, or as far as element() wanted. -1: it is not such a document; what element()
 * was told before is not to be believed then. */
int cvg_kit_xml_read(const char *bytes, size_t length, cvg_kit_xml_element *element, void *arg);

#endif
