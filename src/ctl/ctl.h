/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control protocol, as agent and tool share it (docs/control.md): where the socket is, how
 * bytes become lines, what commands and errors are called, how numbers look in JSON. Nothing here
 * uses a socket or an event loop, so that a non-blocking server and a blocking client share the
 * code, and a test needs neither.
 *
 * JSON values are jansson's. Functions that return json_t * give the caller a new reference, or
 * NULL when memory is out.
 */
#ifndef HEARSAY_CTL_CTL_H
#define HEARSAY_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

#include <jansson.h>

#include <hearsay/member.h>

#define HS_CTL_ENV         "HEARSAY_CONTROL"
#define HS_CTL_PATH_SYSTEM "/run/hearsay/hearsayd.sock"
#define HS_CTL_PATH_MAX    108 /* bytes of a socket's path with its terminator: all of sun_path */

#define HS_CTL_REQUEST_MAX     (64 * 1024) /* bytes of a request line, its newline not counted */
#define HS_CTL_ANSWER_MAX      (1024 * 1024 * 1024) /* the same of an answer: a million members */
#define HS_CTL_CHUNK           (16 * 1024)          /* bytes to read at a time */
#define HS_CTL_FOLLOW_LINE_MAX (64 * 1024)          /* of a line of follow, its newline included */
#define HS_CTL_BACKLOG_MAX     (256 * 1024) /* unread bytes after which monitor drops lines */
#define HS_CTL_PLAN_MAX        1024 /* members that one plan for the ring adds, removes or sets */
#define HS_CTL_CLIENTS_MAX     64

_Static_assert(HS_CTL_PATH_MAX == sizeof(((struct sockaddr_un *)NULL)->sun_path),
               "a path that fits the buffer fits the address");

/* What the tool ends with; the daemon uses the first three, for the same things. */
enum hs_ctl_exit {
    HS_CTL_EXIT_OK = 0,
    HS_CTL_EXIT_REFUSED = 1, /* refused, denied, not found, or the output could not be written */
    HS_CTL_EXIT_USAGE = 2,
    HS_CTL_EXIT_NO_AGENT = 3,
    HS_CTL_EXIT_UNSURE = 4, /* answered, but the agent has not joined yet or is isolated (R40) */
};

/* ---- commands and errors ----------------------------------------------------------------- */

#define HS_CTL_COMMANDS(X)                                                                         \
    X(MEMBERS, "members")                                                                          \
    X(RING, "ring")                                                                                \
    X(RING_HISTORY, "ring-history")                                                                \
    X(RING_DIFF, "ring-diff")                                                                      \
    X(RING_PLAN, "ring-plan")                                                                      \
    X(LOOKUP, "lookup")                                                                            \
    X(STATUS, "status")                                                                            \
    X(MONITOR, "monitor")                                                                          \
    X(FOLLOW, "follow")                                                                            \
    X(JOIN, "join")                                                                                \
    X(LEAVE, "leave")                                                                              \
    X(FORCE_LEAVE, "force-leave")                                                                  \
    X(TAGS_SET, "tags-set")                                                                        \
    X(TAGS_DELETE, "tags-delete")                                                                  \
    X(WEIGHT, "weight")                                                                            \
    X(RELOAD, "reload")                                                                            \
    X(FORGET, "forget")                                                                            \
    X(WHY, "why")                                                                                  \
    X(KEYS, "keys")                                                                                \
    X(VERSION, "version")

enum hs_ctl_command {
#define HS_CTL_COMMAND_ENUM(name, text) HS_CTL_COMMAND_##name,
    HS_CTL_COMMANDS(HS_CTL_COMMAND_ENUM)
#undef HS_CTL_COMMAND_ENUM
        HS_CTL_COMMAND_COUNT
};

/* "members", "tags-set", …; never NULL. */
const char *hs_ctl_command_name(enum hs_ctl_command command);

/* Returns 0 or HEARSAY_ERR_NOTFOUND. */
int hs_ctl_command_parse(const char *text, enum hs_ctl_command *ret_command);

/* The classes of an error answer and the exit code that each gives. */
#define HS_CTL_ERRORS(X)                                                                           \
    X(USAGE, "usage", HS_CTL_EXIT_USAGE)           /* the request is wrong */                      \
    X(NOT_FOUND, "not-found", HS_CTL_EXIT_REFUSED) /* what it names does not exist */              \
    X(REFUSED, "refused", HS_CTL_EXIT_REFUSED)     /* right, but not now or not to this member */  \
    X(DENIED, "denied", HS_CTL_EXIT_REFUSED)       /* right, but not for this user */              \
    X(INTERNAL, "internal", HS_CTL_EXIT_REFUSED)   /* the agent failed, for example out of memory */

enum hs_ctl_error {
#define HS_CTL_ERROR_ENUM(name, text, exit_code) HS_CTL_ERROR_##name,
    HS_CTL_ERRORS(HS_CTL_ERROR_ENUM)
#undef HS_CTL_ERROR_ENUM
        HS_CTL_ERROR_COUNT
};

/* "usage", "not-found", …; never NULL. */
const char *hs_ctl_error_name(enum hs_ctl_error error);

/* The class of a negative HEARSAY_ERR_* code: NOTFOUND is not-found; ALIVE, FULL, STOPPED, EXISTS
 * and EMPTY are refused; INVALID, SYNTAX and TOOBIG are usage; all else is internal. */
enum hs_ctl_error hs_ctl_error_from(int code);

/* The exit code of an error answer's `error`; HS_CTL_EXIT_REFUSED for a name not known here. */
enum hs_ctl_exit hs_ctl_error_exit(const char *name);

/* ---- the socket -------------------------------------------------------------------------- */

/* The socket's path: `given` (--control) if not NULL, else $HEARSAY_CONTROL if set and not empty,
 * else HS_CTL_PATH_SYSTEM for root, else $XDG_RUNTIME_DIR/hearsayd.sock, else
 * /tmp/hearsayd-UID.sock. Returns 0, HEARSAY_ERR_TOOBIG when it does not fit, or
 * HEARSAY_ERR_INVALID when `given` is empty. */
int hs_ctl_default_path(const char *given, char ret_path[HS_CTL_PATH_MAX]);

#define HS_CTL_PATHS_MAX 3

/* Where a tool looks for its agent, in this order: `given` or $HEARSAY_CONTROL alone if there is
 * one; root: HS_CTL_PATH_SYSTEM alone; others: hearsayd.sock in $XDG_RUNTIME_DIR, or without it in
 * /run/user/UID, then /tmp/hearsayd-UID.sock, then HS_CTL_PATH_SYSTEM. Returns their number, or the
 * same errors. */
int hs_ctl_paths(const char *given, char ret_paths[HS_CTL_PATHS_MAX][HS_CTL_PATH_MAX]);

/* Fills a socket address. Same errors. */
int hs_ctl_address(const char *path, struct sockaddr_un *ret_address);

/* ---- files ------------------------------------------------------------------------------- */

/* Reads a small file to its end, but no more than `room` bytes, also while signals come. Returns
 * the length, which is `room` if there may be more, or -1 with errno. */
ssize_t hs_ctl_read_all(int fd, char *bytes, size_t room);

/* ---- lines ------------------------------------------------------------------------------- */

/* Bytes in, lines out. Holds at most `max` bytes of an unfinished line and HS_CTL_CHUNK more.
 *
 *     while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
 *         hs_ctl_lines_feed(&lines, chunk, n);
 *         while ((r = hs_ctl_lines_next(&lines, &line, &len)) > 0)
 *             …;
 *         if (r < 0)
 *             the line is too long: answer and close
 *     }
 *
 * A server that answers in order and has not answered yet stops reading; what it has read waits
 * here. */
struct hs_ctl_lines {
    char *data;
    size_t start;   /* of the first byte not yet taken */
    size_t scanned; /* no newline in [start, scanned) */
    size_t len;
    size_t room;
    size_t max;
};

/* `max`: HS_CTL_REQUEST_MAX for a server, HS_CTL_ANSWER_MAX for a client. Allocates nothing. */
void hs_ctl_lines_init(struct hs_ctl_lines *lines, size_t max);

/* Frees what it holds. NULL and all zeroes are no-ops. */
void hs_ctl_lines_fini(struct hs_ctl_lines *lines);

/* Appends bytes. Pointers given by hs_ctl_lines_next are invalid afterwards. Returns 0,
 * HEARSAY_ERR_NOMEM, or HEARSAY_ERR_TOOBIG when max + HS_CTL_CHUNK bytes would be exceeded (which
 * cannot happen to a caller that takes all lines before it feeds at most HS_CTL_CHUNK); on failure
 * nothing is appended. */
int hs_ctl_lines_feed(struct hs_ctl_lines *lines, const void *bytes, size_t len);

/* Takes the next complete line: returns 1 and the line, terminated in place of its newline and
 * borrowed until the next feed (`*ret_len` does not count the terminator; a NUL inside is kept, so
 * trust the length). Returns 0 when no line is complete, HEARSAY_ERR_TOOBIG when the line at the
 * front is longer than max, complete or not: the stream cannot be continued then. */
int hs_ctl_lines_next(struct hs_ctl_lines *lines, char **ret_line, size_t *ret_len);

/* Bytes fed and not taken: more than 0 at the end of a stream is a line cut short. */
size_t hs_ctl_lines_held(const struct hs_ctl_lines *lines);

/* ---- JSON -------------------------------------------------------------------------------- */

#define HS_CTL_HEX64_MAX 17 /* 16 digits and the terminator */
#define HS_CTL_MARK_MAX  9  /* 8 digits and the terminator */
#define HS_CTL_TIME_MAX  28 /* "2026-01-31T23:59:59.123456Z" and the terminator */

/* Shares and losses have the digits that mean something: 0.54, not 0.54000000000000004. */
#define HS_CTL_REAL_DIGITS 9

/* A 64-bit id as it stands in JSON: a string of 16 lower-case hex digits. */
json_t *hs_ctl_hex64(uint64_t value);
void hs_ctl_format_hex64(uint64_t value, char text[HS_CTL_HEX64_MAX]);

/* Reads exactly 16 hex digits of either case. Returns 0 or HEARSAY_ERR_SYNTAX; text may be NULL. */
int hs_ctl_parse_hex64(const char *text, uint64_t *ret_value);

/* The mark of a key (R33: keys), the first four bytes of its fingerprint, as 8 lower-case hex
 * digits. */
void hs_ctl_format_mark(uint32_t mark, char text[HS_CTL_MARK_MAX]);

/* Reads 8 hex digits of either case. Returns 0 or HEARSAY_ERR_SYNTAX; text may be NULL. */
int hs_ctl_parse_mark(const char *text, uint32_t *ret_mark);

/* An integer field of an object, from 0 to max. Returns 0 or HEARSAY_ERR_SYNTAX. */
int hs_ctl_read_integer(const json_t *object, const char *key, uint64_t max, uint64_t *ret_value);

/* The id of a line of `follow`: "instance-n" with its terminator: 16 digits, a dash, up to 20
 * digits. */
#define HS_CTL_ID_MAX (HS_CTL_HEX64_MAX + 1 + 20)
void hs_ctl_format_id(const char *instance, uint64_t number, char text[HS_CTL_ID_MAX]);

/* Takes an id apart. Returns 0 or HEARSAY_ERR_SYNTAX. */
int hs_ctl_parse_id(const char *text, char ret_instance[HS_CTL_HEX64_MAX], uint64_t *ret_number);

/* True if the bytes are UTF-8 text that JSON can hold. */
bool hs_ctl_is_utf8(const char *bytes, size_t len);

/* Bytes as a string of two lower-case hex digits each. */
json_t *hs_ctl_hex(const void *bytes, size_t len);

/* Reads `len` hex digits of either case into len / 2 bytes. Returns 0, or HEARSAY_ERR_SYNTAX with
 * the bytes undefined. */
int hs_ctl_parse_hex(const char *text, size_t len, void *ret_bytes);

/* Microseconds since 1970 as RFC 3339, UTC. Times after the year 9999 read as its last
 * microsecond. */
void hs_ctl_format_time(uint64_t wall_us, char text[HS_CTL_TIME_MAX]);

/* Reads what hs_ctl_format_time writes. Returns 0 or HEARSAY_ERR_SYNTAX; text may be NULL. */
int hs_ctl_parse_time(const char *text, uint64_t *ret_wall_us);

/* Walks through the fields of an object, in the order in which they were set:
 *
 *     struct hs_ctl_field field = {.key = NULL};
 *     while (hs_ctl_next_field(object, &field))
 *         ... field.key, field.value ...
 *
 * A NULL object has none. The object must not change meanwhile. */
struct hs_ctl_field {
    void *place;
    const char *key;
    const json_t *value;
};
bool hs_ctl_next_field(const json_t *object, struct hs_ctl_field *field);

/* Set a field, append an item; both take over the reference to the value. Without memory, or if the
 * value is NULL, the whole is given up: freed, and *object or *array is NULL, which the next calls
 * leave so. A part must not pass for the whole. */
void hs_ctl_put(json_t **object, const char *key, json_t *value);
void hs_ctl_append(json_t **array, json_t *value);

/* A member as `members` and `why` show it. Its tags are those of `tags`, whose reference is taken
 * over; the field of that name is not read. */
json_t *hs_ctl_member(const struct hearsay_member *member, json_t *tags);

/* The same as `follow` tells it: when its status began, in microseconds since 1970, stands in the
 * place of how long ago that was. */
json_t *hs_ctl_member_since(const struct hearsay_member *member, json_t *tags, uint64_t since);

/* {"ok":true}, for the caller to add to. */
json_t *hs_ctl_ok(void);

/* {"ok":false,"error":…,"message":…}. */
json_t *hs_ctl_error(enum hs_ctl_error error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An answer: one line of JSON that must be an object. Strings in it may hold NUL. Returns 0,
 * HEARSAY_ERR_SYNTAX or HEARSAY_ERR_NOMEM. */
int hs_ctl_parse(const char *line, size_t len, json_t **ret_object);

/* Parses a request down to its command. Duplicate keys and NUL in strings are not accepted. On
 * failure *ret_error is the answer to give (NULL when memory is out), nothing else is set, and the
 * result tells what to do then: HEARSAY_ERR_SYNTAX (not JSON or not an object: close after the
 * answer), HEARSAY_ERR_INVALID (no such command: go on), HEARSAY_ERR_NOMEM (close). */
int hs_ctl_parse_request(const char *line, size_t len, enum hs_ctl_command *ret_command,
                         json_t **ret_request, json_t **ret_error);

/* An object as one line, its newline included, terminated, fields in the order they were set; to be
 * freed with free(). The length does not count the terminator. NULL when memory is out or a string
 * is not UTF-8. */
char *hs_ctl_dump(const json_t *object, size_t *ret_len);

#endif
