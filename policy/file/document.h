/* A policy text as a tree whose nodes know their places: the part of YAML that a policy may use.
 *
 * Refused, each with its place: aliases, anchors, tags, a second document, keys given twice, keys
 * that are no plain text, nesting deeper than DOCUMENT_DEPTH_MAX, texts larger than
 * DOCUMENT_SIZE_MAX, and whatever libyaml refuses (bytes that are no UTF-8, control bytes, bad
 * syntax). The tree is made from libyaml's events and not by yaml_parser_load, since that resolves
 * aliases and forgets anchors before anyone can object. */
#ifndef POLICY_FILE_DOCUMENT_H
#define POLICY_FILE_DOCUMENT_H

#include "policy/file/policy.h"
#include "policy/file/pool.h"
#include "policy/file/problems.h"

#include <stdbool.h>
#include <stddef.h>

#define DOCUMENT_SIZE_MAX  ((size_t)1024 * 1024)
#define DOCUMENT_DEPTH_MAX 32
#define DOCUMENT_KEYS_MAX  256 /* of one mapping; bounds the search for keys given twice */

enum node_kind {
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAP,
    NODE_REFUSED, /* an alias, already complained about: pass over it */
};

struct node {
    enum node_kind kind;
    struct origin at;
    const struct node *key; /* in a mapping */
    const char *text;       /* of a scalar; holds no NUL byte */
    bool plain;             /* a scalar without quotes */
    struct node *first, *last, *next;
    unsigned children;
};

/* Reads text[length] into a tree that lives in the pool. `*ret` is NULL for an empty text. False
 * when the text could not be read to its end: the tree is then no use, and `problems` knows. */
bool document_read(struct pool *pool, const char *file, const char *text, size_t length,
    struct problems *problems, const struct node **ret);

/* The value under a key of a mapping, or NULL. */
const struct node *node_find(const struct node *map, const char *key);

#endif
