/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only calls of the system's allocator. Out of memory is the end of the process: it is told
 * with one write(2), because nothing that allocates works any more.
 */
#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
    static const char text[] = "out of memory, giving up\n";
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        abort();
    }
    abort();
}

static size_t multiply(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        out_of_memory();
    }
    /* An allocation of nothing still gets an address, so that nothing returns NULL. */
    return total ? total : 1;
}

void *cvg_alloc(size_t size)
{
    return cvg_alloc_array(1, size);
}

void *cvg_alloc_array(size_t count, size_t size)
{
    void *memory = calloc(1, multiply(count, size));
    if (!memory) {
        out_of_memory();
    }
    return memory;
}

void *cvg_realloc_array(void *memory, size_t count, size_t size)
{
    void *moved = realloc(memory, multiply(count, size));
    if (!moved) {
        out_of_memory();
    }
    return moved;
}

char *cvg_strdup(const char *text)
{
    return text ? cvg_strndup(text, strlen(text)) : NULL;
}

char *cvg_strndup(const char *text, size_t length)
{
    if (length == SIZE_MAX) {
        out_of_memory();
    }
    char *copy = cvg_alloc(length + 1);
    if (length) {
        memcpy(copy, text, length);
    }
    return copy;
}

char *cvg_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0 || !text) {
        out_of_memory();
    }
    return text;
}

void cvg_free_pointer(void *pointer_to_pointer)
{
    void *pointer;
    /* The caller has some `T **`: reading it as `void **` would break the aliasing rules. */
    memcpy(&pointer, pointer_to_pointer, sizeof pointer);
    free(pointer);
}

void cvg_free_secret(char *text)
{
    if (text) {
        explicit_bzero(text, strlen(text));
        free(text);
    }
}
