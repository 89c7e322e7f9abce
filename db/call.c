/* One call of a prepared statement. */
#include "db/connection.h"
#include "slices/base/text.h"
#include "slices/sample.h"

#include <math.h>
#include <string.h>

void call_open(struct call *call, struct db *db, enum statement statement, struct mom_error *error)
{
    *call = (struct call){.db = db, .error = error};
    sqlite3_stmt **cached = &db->statement[statement];
    call->own = *cached && sqlite3_stmt_busy(*cached);
    if (*cached && !call->own) {
        call->statement = *cached;
        return;
    }
    unsigned flags = call->own ? 0 : SQLITE_PREPARE_PERSISTENT;
    call->status =
        sqlite3_prepare_v3(db->sqlite, statement_sql[statement], -1, flags, &call->statement, NULL);
    if (!call->own)
        *cached = call->statement;
}

/* The number of the parameter that comes next, 0 once something has failed. */
static int next_parameter(struct call *call)
{
    return call->status == SQLITE_OK ? ++call->parameters : 0;
}

void put_int(struct call *call, int64_t value)
{
    int parameter = next_parameter(call);
    if (parameter)
        call->status = sqlite3_bind_int64(call->statement, parameter, value);
}

void put_null(struct call *call)
{
    int parameter = next_parameter(call);
    if (parameter)
        call->status = sqlite3_bind_null(call->statement, parameter);
}

void put_int_or_null(struct call *call, bool known, int64_t value)
{
    if (known)
        put_int(call, value);
    else
        put_null(call);
}

void put_u64(struct call *call, uint64_t value)
{
    put_int(call, (int64_t)value);
}

void put_limit(struct call *call, uint64_t bytes)
{
    put_int_or_null(call, bytes != SAMPLE_NO_LIMIT, (int64_t)bytes);
}

void put_real(struct call *call, double value)
{
    int parameter = next_parameter(call);
    if (parameter)
        call->status = sqlite3_bind_double(call->statement, parameter, value);
}

void put_text(struct call *call, const char *text)
{
    int parameter = next_parameter(call);
    if (parameter)
        call->status = sqlite3_bind_text(call->statement, parameter, text, -1, SQLITE_STATIC);
}

void put_text_within(struct call *call, const char *text, size_t size)
{
    int parameter = next_parameter(call);
    if (parameter)
        call->status = sqlite3_bind_text64(
            call->statement, parameter, text, strnlen(text, size), SQLITE_STATIC, SQLITE_UTF8);
}

void put_bytes(struct call *call, const void *bytes, size_t length)
{
    int parameter = next_parameter(call);
    if (parameter)
        call->status =
            sqlite3_bind_blob64(call->statement, parameter, bytes, length, SQLITE_STATIC);
}

int call_next(struct call *call)
{
    call->columns = 0;
    if (call->status == SQLITE_OK || call->status == SQLITE_ROW)
        call->status = sqlite3_step(call->statement);
    if (call->status == SQLITE_ROW)
        return 1;
    return call->status == SQLITE_DONE ? 0 : db_failed(call->db, call->error);
}

int64_t get_int(struct call *call)
{
    return sqlite3_column_int64(call->statement, call->columns++);
}

int64_t get_int_or(struct call *call, int64_t instead)
{
    bool none = next_is_null(call);
    int64_t value = get_int(call);
    return none ? instead : value;
}

uint64_t get_u64(struct call *call)
{
    return (uint64_t)get_int(call);
}

uint32_t get_u32(struct call *call)
{
    int64_t value = get_int(call);
    return value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

uint64_t get_limit(struct call *call)
{
    return (uint64_t)get_int_or(call, (int64_t)SAMPLE_NO_LIMIT);
}

double get_real(struct call *call)
{
    bool none = next_is_null(call);
    double value = sqlite3_column_double(call->statement, call->columns++);
    return none ? NAN : value;
}

const char *get_text(struct call *call)
{
    const unsigned char *text = sqlite3_column_text(call->statement, call->columns++);
    return text ? (const char *)text : "";
}

const void *get_bytes(struct call *call, size_t *ret_length)
{
    const void *bytes = sqlite3_column_blob(call->statement, call->columns);
    *ret_length = (size_t)sqlite3_column_bytes(call->statement, call->columns++);
    return bytes ? bytes : "";
}

void get_text_into(struct call *call, char *dst, size_t size)
{
    (void)text_copy(dst, size, get_text(call)); /* a longer one is of a later version: cut */
}

bool next_is_null(struct call *call)
{
    return sqlite3_column_type(call->statement, call->columns) == SQLITE_NULL;
}

int call_close(struct call *call, int result)
{
    if (call->own) {
        (void)sqlite3_finalize(call->statement);
    } else if (call->statement) {
        (void)sqlite3_reset(call->statement); /* repeats what call_next has told already */
        (void)sqlite3_clear_bindings(call->statement);
    }
    call->statement = NULL;
    return result;
}

int call_run(struct call *call)
{
    int r;
    do
        r = call_next(call);
    while (r > 0);
    return call_close(call, r);
}

int call_scalar(struct call *call, int64_t *ret)
{
    int r = call_next(call);
    if (r > 0 && next_is_null(call))
        r = 0;
    if (r > 0)
        *ret = get_int(call);
    return call_close(call, r);
}
