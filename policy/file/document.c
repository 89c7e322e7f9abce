#include "policy/file/document.h"

#include "slices/base/text.h"

#include <string.h>
#include <yaml.h>

struct reader {
    struct pool *pool;
    struct problems *problems;
    const char *file, *text;
    yaml_parser_t yaml;
    struct node *open[DOCUMENT_DEPTH_MAX]; /* lists and mappings that have not ended */
    unsigned depth;
    struct node *key;  /* of the innermost mapping, waiting for its value */
    struct node *root; /* of the first document */
    unsigned documents;
};

static struct origin origin_of(const struct reader *reader, yaml_mark_t mark)
{
    /* libyaml counts from 0, people and editors from 1. */
    return (struct origin){reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* libyaml gives only a byte offset for bytes that it can't read. */
static struct origin origin_of_byte(const struct reader *reader, size_t offset)
{
    struct origin at = {reader->file, 1, 1};
    for (const char *c = reader->text, *end = c + offset; c < end; c++) {
        bool continuation = ((unsigned char)*c & 0xc0) == 0x80;
        at.column += !continuation;
        if (*c == '\n') {
            at.line++;
            at.column = 1;
        }
    }
    return at;
}

static bool complain_syntax(const struct reader *reader)
{
    const yaml_parser_t *yaml = &reader->yaml;
    if (yaml->error == YAML_MEMORY_ERROR) {
        reader->pool->exhausted = true;
    } else if (yaml->error == YAML_READER_ERROR) {
        struct origin at = origin_of_byte(reader, yaml->problem_offset);
        problem_at(reader->problems, &at, "not readable as UTF-8 text: %s", yaml->problem);
    } else {
        struct origin at = origin_of(reader, yaml->problem_mark);
        problem_at(reader->problems, &at, "%s%s%s", yaml->context ? yaml->context : "",
            yaml->context ? ": " : "", yaml->problem);
    }
    return false;
}

const struct node *node_find(const struct node *map, const char *key)
{
    for (const struct node *child = map->first; child; child = child->next)
        if (strcmp(child->key->text, key) == 0)
            return child;
    return NULL;
}

/* False where the mapping can't be read on. */
static bool take_key(struct reader *reader, const struct node *map, struct node *key)
{
    if (key->kind == NODE_LIST || key->kind == NODE_MAP) {
        problem_at(reader->problems, &key->at, "a key must be plain text");
        return false;
    }
    if (map->children == DOCUMENT_KEYS_MAX) {
        problem_at(
            reader->problems, &key->at, "more than %d keys in one mapping", DOCUMENT_KEYS_MAX);
        return false;
    }
    const struct node *earlier = node_find(map, key->text);
    if (earlier) {
        char shown[128];
        problem_at(reader->problems, &key->at, "`%s` is given twice; first in line %u",
            text_escape(shown, sizeof shown, key->text), earlier->key->at.line);
    }
    reader->key = key;
    return true;
}

/* Puts a node where it belongs: the root, a key, or a child of the innermost list or mapping. */
static bool attach(struct reader *reader, struct node *node)
{
    if (reader->depth == 0) {
        reader->root = node;
        return true;
    }
    struct node *parent = reader->open[reader->depth - 1];
    if (parent->kind == NODE_MAP && !reader->key)
        return take_key(reader, parent, node);
    node->key = reader->key;
    reader->key = NULL;
    *(parent->last ? &parent->last->next : &parent->first) = node;
    parent->last = node;
    parent->children++;
    return true;
}

static bool add(struct reader *reader, const yaml_event_t *event, enum node_kind kind,
    const char *text, size_t length, bool plain)
{
    struct node *node = pool_take(reader->pool, sizeof *node);
    char *copy = pool_text(reader->pool, text, length);
    if (!node || !copy)
        return false;
    *node = (struct node){
        .kind = kind, .at = origin_of(reader, event->start_mark), .text = copy, .plain = plain};
    if (strlen(copy) != length) {
        problem_at(reader->problems, &node->at, "a NUL byte (\\0) is no text");
        node->kind = NODE_REFUSED;
    }
    if (!attach(reader, node))
        return false;
    if (kind != NODE_LIST && kind != NODE_MAP)
        return true;
    if (reader->depth == DOCUMENT_DEPTH_MAX) {
        problem_at(reader->problems, &node->at, "nested deeper than %d levels", DOCUMENT_DEPTH_MAX);
        return false;
    }
    reader->open[reader->depth++] = node;
    return true;
}

/* Anchors and tags change nothing here, but whoever wrote them expects that they do. */
static void refuse_properties(const struct reader *reader, const yaml_event_t *event,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct origin at = origin_of(reader, event->start_mark);
    if (anchor)
        problem_at(reader->problems, &at, "anchors (&%.64s) are not allowed", (const char *)anchor);
    if (tag)
        problem_at(reader->problems, &at, "tags (%.64s) are not allowed", (const char *)tag);
}

static bool begin_document(struct reader *reader, const yaml_event_t *event)
{
    if (reader->documents++ == 0)
        return true;
    struct origin at = origin_of(reader, event->start_mark);
    problem_at(reader->problems, &at, "a second document: a policy file holds one");
    return false;
}

static bool take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return begin_document(reader, event);
    case YAML_ALIAS_EVENT: {
        struct origin at = origin_of(reader, event->start_mark);
        problem_at(reader->problems, &at, "aliases (*%.64s) are not allowed",
            (const char *)event->data.alias.anchor);
        return add(reader, event, NODE_REFUSED, "", 0, false);
    }
    case YAML_SCALAR_EVENT:
        refuse_properties(reader, event, event->data.scalar.anchor, event->data.scalar.tag);
        return add(reader, event, NODE_SCALAR, (const char *)event->data.scalar.value,
            event->data.scalar.length, event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
    case YAML_SEQUENCE_START_EVENT:
        refuse_properties(
            reader, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        return add(reader, event, NODE_LIST, "", 0, false);
    case YAML_MAPPING_START_EVENT:
        refuse_properties(
            reader, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        return add(reader, event, NODE_MAP, "", 0, false);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        reader->depth--;
        return true;
    default:
        return true;
    }
}

static bool read_events(struct reader *reader)
{
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->yaml, &event))
            return complain_syntax(reader);
        more = event.type != YAML_STREAM_END_EVENT;
        bool taken = take_event(reader, &event);
        yaml_event_delete(&event);
        if (!taken)
            return false;
    }
    return true;
}

bool document_read(struct pool *pool, const char *file, const char *text, size_t length,
    struct problems *problems, const struct node **ret)
{
    struct reader reader = {.pool = pool, .problems = problems, .file = file, .text = text};
    if (length > DOCUMENT_SIZE_MAX) {
        problem_at(
            problems, &(struct origin){.file = file}, "larger than %zu bytes", DOCUMENT_SIZE_MAX);
        return false;
    }
    if (!yaml_parser_initialize(&reader.yaml)) {
        pool->exhausted = true;
        return false;
    }
    /* Said, not guessed: libyaml would take a UTF-16 mark for granted. */
    yaml_parser_set_encoding(&reader.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.yaml, (const unsigned char *)text, length);
    bool whole = read_events(&reader);
    yaml_parser_delete(&reader.yaml);
    if (whole)
        *ret = reader.root;
    return whole;
}
