/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config file and the files of its directory: which text counts, and what is said of each
 * mistake. A text must name the file, the line and what would be right. Its exact wording is not
 * tested.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include <hearsay/config.h>
#include <hearsay/error.h>

#include "conf_reading.h"

START_TEST(test_a_file_has_the_keys_of_the_flags)
{
    struct hearsay_config config;

    ck_assert_msg(read_file("# comment\n\n  name = n2 \nfanout=3 # behind a blank\n"
                            "join = a:1, b:2\njoin = c:3\ntag = color=#red\ntag = x=y z\n"
                            "suspect-timeout = 6s") == 0,
                  "%s", error);
    hs_options_config(&options, &config);
    ck_assert_str_eq(config.name, "n2");
    ck_assert_uint_eq(config.fanout, 3);
    ck_assert_uint_eq(config.suspect_timeout, 6000000);
    ck_assert_uint_eq(options.join.count, 3);
    ck_assert_uint_eq(config.tag_count, 2);
    ck_assert_str_eq(config.tags[0].value, "#red");
    ck_assert_str_eq(config.tags[1].value, "y z");
    clear();
}
END_TEST

START_TEST(test_a_mistake_in_the_file_is_told_with_its_line)
{
    static const struct {
        const char *text, *place, *says;
    } cases[] = {
        {"name = a\nfanuot = 3\n", ":2:", "did you mean 'fanout'"},
        {"name = a\n\n# x\nfanout = 1\n", ":4:", "2 to 16"},
        {"name = a\nrack = r12\n", ":2:", "unknown key 'rack'; see hearsay.conf(5)"},
        {"name = a\nchekc = x\n", ":2:", "unknown key 'chekc'; see hearsay.conf(5)"},
        {"name = a\nhello\n", ":2:", "key = value"},
        {"name = a\nname = b\n", ":2:", "first in line 1"},
        {"config = x\n", ":1:", "flag"},
        {"help = x\n", ":1:", "flag"},
        {"name = a\ninterval = 5\n", ":2:", "unit"},
        {"= 5\n", ":1:", "unknown key"},
        {"name = a\ntag = novalue\n", ":2:", "key=value"},
        {"name =\n", ":1:", "name: has no value"},
        {"name = a\njoin = # b\n", ":2:", "join: has no value"},
        {"name = a\nlog =\n", ":2:", "log: has no value"},
        {"name = a\njoin = b\njoin = \"c\"\n", ":3:", "quotes"},
        {"ring-hold = \"30s\"\n", ":1: ring-hold = \"30s\": ", "leave them out; must be a time"},
        {"tag = \"role=db\"\n", ":1: tag = \"role=db\": ", "leave them out; '\"role"},
        {"name = 'a'\n", ":1: name = 'a': ", "leave them out; must be 1 to"},
        {"name = a\ntag = a=1\n\ntag = b\n", ":4:", "key=value"},
        {"name = a\ntag = a=1\ntag = a=2\n", ":3:", "'a' is given twice"},
        {"name = a\njoin = b,,c\n", ":2:", "missing before a comma"},
        {"name = a\njoin = ,b\n", ":2:", "missing before a comma"},
        {"name = a\nadvertise = :1\n", ":2:", "others can reach"},
        {"name = a\nsuspect-timeout-min = 9s\n", ":2:", "longer than suspect-timeout"},
        {"name = a\nsuspect-timeout = 1s\n", ":2:", "longer than suspect-timeout"},
        {"tombstone-ttl = 10s\nring-hold = 6s\n", ":2:", "than 5s, half of tombstone-ttl (10s)"},
        {"ring-hold = 6s\ntombstone-ttl = 10s\n", ":1:", "than 5s, half of tombstone-ttl (10s)"},
        {"name = a\nweight = 1\ntokens = 2\n", ":3:", "one of them"},
        {"name = a\ncluster = a b\n", ":2: cluster = a b: ", "must be 1 to 64 of"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_msg(read_file(cases[i].text) < 0, "taken: %s", cases[i].text);
        assert_says(path);
        assert_says(cases[i].place);
        assert_says(cases[i].says);
    }
}
END_TEST

/* A path or the name of a group may hold any character, and is not found with its quotes; what is
 * between them may be a secret. Within a value they mean nothing, and a tag may be text. */
START_TEST(test_a_value_between_quotes_is_refused)
{
    static const char *const keys[] = {"key",     "control", "control-group", "control-read-group",
                                       "cluster", "log",     "state-dir"};

    for (size_t i = 0; i < COUNT(keys); i++)
        for (const char *quote = "\"'"; *quote != '\0'; quote++) {
            char text[64];

            (void)snprintf(text, sizeof(text), "name = a\n%s = %cabc%c\n", keys[i], *quote, *quote);
            ck_assert_msg(read_file(text) < 0, "taken: %s", text);
            assert_says(":2: ");
            assert_says(keys[i]);
            assert_says("has quotes");
            ck_assert_msg(strstr(error, "abc") == NULL, "%s", error);
        }
    ck_assert_msg(read_file("name = a\nlog = /tmp/it's\ntag = a=\"b\"\ntag = c='\n") == 0, "%s",
                  error);
    ck_assert_str_eq(options.log, "/tmp/it's");
    ck_assert_str_eq(options.tags[0].value, "\"b\"");
    clear();
}
END_TEST

/* What an editor of another system, or text from a page, brings into a file. */
START_TEST(test_characters_that_cannot_be_seen)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"\302\240name = a\n", "key '\\u00a0name'"},
        {"name\342\200\213 = a\n", "key 'name\\u200b'"},
        {"cluster = x\n\357\273\277name = a\n", "key '\\ufeffname'"},
        {"name = a\302\240\n", "name = a\\u00a0: must be without"},
        {"name = a\342\200\256\n", "\\u202e"},
        {"log = /tmp/a\342\200\257b\n", "\\u202f"},
        {"control-group = adm\302\240\n", "\\u00a0"},
        {"tag = a=b\302\240\n", "\\u00a0"},
        {"tag = a=\302\240b\n", "\\u00a0"},
        {"tag = a=b\342\200\213c\n", "\\u200b"},
        {"tag = a=b\rc\n", "control characters, and here is \\r"},
        {"name = a\rcluster = b\r", "control characters, and here is \\r"},
        {"# of another system\rcluster = b\r", "LF or CRLF"},
        {"log-level = debug\033[0m\n", "\\x1b"},
        {"join = a\302\205b\n", "\\u0085"},
        {"join = a\302\240b\n", "\\u00a0"},
        {"join = a\377b\n", "\\xff"},
        {"\377\376n\n", "UTF-16"},
        {"\376\377", "UTF-16"},
    };
    static const char wide[] = "n\0a\0m\0e\0", big[] = "\0n\0a\0m\0e";
    const char *const files[] = {wide, big};

    ck_assert_msg(read_file("\357\273\277name = a\r\ntag = x=y\r\n\r\n# z\r\n") == 0, "%s", error);
    ck_assert_str_eq(options.name, "a");
    ck_assert_str_eq(options.tags[0].value, "y");
    ck_assert_msg(read_file("name = a\njoin = b,\tc\t\n"
                            "tag = shelf=\346\243\232\343\200\2003\n"
                            "tag = word=\331\205\333\214\342\200\214\330\256\n") == 0,
                  "%s", error);
    ck_assert_uint_eq(options.join.count, 2);
    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_msg(read_file(cases[i].text) < 0, "taken: %s", cases[i].text);
        assert_says(cases[i].says);
        assert_says(path);
    }
    for (size_t i = 0; i < COUNT(files); i++) {
        write_file("");
        int fd = open(path, O_WRONLY);
        ck_assert_int_eq(write(fd, files[i], 8), 8);
        (void)close(fd);
        ck_assert_int_lt(read_flags((const char *[]){"hearsayd", "--config", path}, 3), 0);
        (void)unlink(path);
        assert_says(":1: ");
        assert_says("UTF-16");
    }
}
END_TEST

START_TEST(test_a_line_that_is_too_long_is_refused)
{
    char text[HS_OPTION_TEXT_MAX + 32];

    memset(text, 'x', sizeof(text));
    memcpy(text, "name = a\ntag = k=", 17);
    text[sizeof(text) - 2] = '\n';
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_lt(read_file(text), 0);
    assert_says(":2:");
    assert_says("longer");
}
END_TEST

START_TEST(test_what_is_no_text_file_is_refused)
{
    const char *root[] = {"hearsayd", "--config", "/"};
    int fd;

    ck_assert_int_lt(read_flags(root, 3), 0);
    assert_says("config file /: ");
    write_file("name = a\n");
    fd = open(path, O_WRONLY | O_APPEND);
    ck_assert_int_eq(write(fd, "log = a\0b\n", 10), 10);
    (void)close(fd);
    ck_assert_int_lt(read_flags((const char *[]){"hearsayd", "--config", path}, 3), 0);
    (void)unlink(path);
    assert_says(":2:");
    assert_says("not a text file");
    ck_assert_int_lt(read_file("name = a\nzzzzzzzzzz = 1\n"), 0);
    assert_says("see hearsay.conf(5)");
}
END_TEST

START_TEST(test_a_flag_replaces_what_the_file_says)
{
    struct hearsay_config config;
    int r;

    /* The file's own fanout is wrong, and does not matter. */
    write_file("name = n2\njoin = a:1\njoin = b:2\nfanout = 1\n");
    r = read_flags((const char *[]){"hearsayd", "--config", path, "--join", "z:9", "--fanout", "5"},
                   7);
    (void)unlink(path);
    ck_assert_msg(r == 0, "%s", error);
    hs_options_config(&options, &config);
    ck_assert_str_eq(config.name, "n2");
    ck_assert_uint_eq(config.fanout, 5);
    ck_assert_uint_eq(options.join.count, 1);
    ck_assert_str_eq(options.join.items[0], "z:9");
    clear();
}
END_TEST

START_TEST(test_the_example_file_is_right)
{
    const char *argv[] = {"hearsayd", "--config", HS_TEST_DOCS "/hearsay.conf.example"};

    ck_assert_msg(read_flags(argv, (int)COUNT(argv)) == 0, "%s", error);
    clear();
}
END_TEST

/* How many mistakes there are, of which the texts are `says`. */
static void assert_mistakes(const char *text, const char *const *says, size_t count)
{
    struct hs_mistakes mistakes = {.count = 0};
    const char *argv[] = {"hearsayd", "--config", path};

    write_file(text);
    argv[2] = path;
    clear();
    (void)hs_options_read_all(&options, 3, (char *const *)(uintptr_t)argv, &mistakes);
    (void)unlink(path);
    ck_assert_msg(mistakes.count == count, "%zu mistakes in %s", mistakes.count, text);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strstr(mistakes.items[i].line, says[i]) != NULL, "%s is not %s",
                      mistakes.items[i].line, says[i]);
    hs_mistakes_fini(&mistakes);
    clear();
}

#define ASSERT_MISTAKES(text, ...)                                                                 \
    assert_mistakes(text, (const char *[]){__VA_ARGS__}, COUNT(((const char *[]){__VA_ARGS__})))

START_TEST(test_mistakes_between_keys_are_told_beside_others)
{
    char tags[700];

    ASSERT_MISTAKES("name = a\nsuspect-timeout-min = 10s\nlog-level = verbose\n",
                    ":2: suspect-timeout-min = 10s: must not be longer than suspect-timeout (5s)",
                    ":3: log-level");
    ASSERT_MISTAKES("name = a\nsuspect-timeout-refused = 9s\nsuspect-timeout-min = 8s\n"
                    "suspect-timeout = 7s\nring-hold = 13h\ninterval = 20ms\n",
                    ":2: suspect-timeout-refused = 9s: must not be longer than suspect-timeout-min",
                    ":3: suspect-timeout-min = 8s: must not be longer than suspect-timeout (7s)",
                    ":5: ring-hold = 13h: must not be longer than 12h, half of tombstone-ttl (1d)",
                    ":6: interval = 20ms: gossip-interval is 100ms by default");
    (void)snprintf(tags, sizeof(tags),
                   "name = a b\ncluster = a b\ntag = a=%0300d\ntag = b=%0300d\n", 0, 0);
    ASSERT_MISTAKES(tags, ":1: name = a b", ":2: cluster = a b: must be 1 to 64", ":3: ");
}
END_TEST

/* One mistake is told once: what it hides may be what makes the rest right. */
START_TEST(test_what_is_not_known_is_not_judged)
{
    ASSERT_MISTAKES("name = a\nsuspect-timeout-min = 9s\nsuspect-timeout = 10\n",
                    ":3: suspect-timeout = 10");
    ASSERT_MISTAKES("name = a\nsuspect-timeout-min = 9s\nsuspect-timout = 10s\n",
                    ":3: unknown key");
    ASSERT_MISTAKES("name = a\nsuspect-timeout-min = 9s\nsuspect-timeout 10s\n", ":3: 'suspect-");
    ASSERT_MISTAKES("name = a\nsuspect-timeout-min = 9s\nprofile = vpn\n", ":3: profile = vpn");
    ASSERT_MISTAKES("name = a\nsuspect-timeout-min = 9s\nsuspect-timeout = 8s\nprofile = vpn\n",
                    ":2: suspect-timeout-min = 9s", ":4: profile = vpn");
    ASSERT_MISTAKES("name = a\nsuspect-timeout = 6s\nsuspect-timeout = 20s\n"
                    "suspect-timeout-min = 9s\n",
                    ":3: 'suspect-timeout' is given twice");
}
END_TEST

/* ---- the directory ----------------------------------------------------------------------- */

static char folder[80];

/* Writes a file of the directory; NULL removes it. */
static void drop_in(const char *name, const char *text)
{
    char file[160];

    (void)snprintf(file, sizeof(file), "%s/%s", folder, name);
    if (text != NULL)
        write_text(file, text);
    else
        ck_assert_int_eq(unlink(file), 0);
}

static void make_folder(const char *text)
{
    write_file(text);
    (void)snprintf(folder, sizeof(folder), "%s.d", path);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
}

static int read_path(void)
{
    return read_flags((const char *[]){"hearsayd", "--config", path}, 3);
}

static void remove_folder(void)
{
    (void)unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(test_every_mistake_is_told)
{
    static const char *const says[] = {
        "--fanuot",    "--join needs",    ":2: log-level = loud",  ":3: unknown key",
        ":4: mtu = 1", ":6: join = d,,e", ".d/10.conf:1: 'hello'",
    };
    const char *argv[] = {"hearsayd", "--fanuot", "3", "--join", "--tag", "a=b", "--config", path};
    struct hs_mistakes mistakes = {.count = 0};
    char file[96];

    write_file("name = a\nlog-level = loud\ncolour = 3\nmtu = 1\n\njoin = d,,e\n");
    (void)snprintf(folder, sizeof(folder), "%s.d", path);
    (void)snprintf(file, sizeof(file), "%s/10.conf", folder);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    write_text(file, "hello\n");
    ck_assert_int_lt(
        hs_options_read_all(&options, (int)COUNT(argv), (char *const *)(uintptr_t)argv, &mistakes),
        0);
    (void)unlink(file);
    (void)rmdir(folder);
    (void)unlink(path);
    ck_assert_uint_eq(mistakes.count, COUNT(says));
    ck_assert_uint_eq(mistakes.kept, COUNT(says));
    for (size_t i = 0; i < COUNT(says); i++)
        ck_assert_msg(strstr(mistakes.items[i].line, says[i]) != NULL, "%s is not %s",
                      mistakes.items[i].line, says[i]);
    ck_assert_str_eq(options.tags[0].value, "b"); /* what is right is there */
    hs_mistakes_fini(&mistakes);
    clear();
}
END_TEST

START_TEST(test_files_of_the_directory_in_the_order_of_their_names)
{
    static const char *const passed_over[] = {
        ".hidden.conf", ".#lock.conf", "a.conf~", "a.conf.dpkg-old", "a.conf.dpkg-new",
        "README",       "conf",        ".conf",   "#a.conf#"};
    char inner[96];

    make_folder("name = a\nfanout = 1\ncluster = c\njoin = h0\ntag = role=web\ntag = rack=r0\n");
    drop_in("9.conf", "cluster = nine\njoin = h9\n");
    drop_in("10.conf", "fanout = 4\ncluster = ten\njoin = h10\ntag = rack=r1\n");
    drop_in("B.conf", "log-level = warn\n");
    for (size_t i = 0; i < COUNT(passed_over); i++)
        drop_in(passed_over[i], "nonsense\n");
    (void)snprintf(inner, sizeof(inner), "%s/inner.conf", folder);
    ck_assert_int_eq(mkdir(inner, 0700), 0);

    ck_assert_msg(read_path() == 0, "%s", error);
    ck_assert_uint_eq(options.store.file_count, 4);
    ck_assert_str_eq(options.cluster, "nine"); /* bytes are compared, and '1' is before '9' */
    ck_assert_uint_eq(options.core.fanout, 4); /* what is replaced need not be right */
    ck_assert_int_eq(options.log_level, HS_LEVEL_WARN);
    ck_assert_uint_eq(options.join.count, 3);
    ck_assert_str_eq(options.join.items[0], "h0");
    ck_assert_str_eq(options.join.items[1], "h10");
    ck_assert_str_eq(options.join.items[2], "h9");
    ck_assert_uint_eq(options.tag_count, 2);
    ck_assert_str_eq(options.tags[0].value, "web");
    ck_assert_str_eq(options.tags[1].value, "r1");
    ck_assert_int_eq(read_flags((const char *[]){"hearsayd", "--config", path, "--join=f",
                                                 "--cluster=g", "--tag=x=1"},
                                6),
                     0);
    ck_assert_str_eq(options.cluster, "g");
    ck_assert_uint_eq(options.join.count, 1);
    ck_assert_uint_eq(options.tag_count, 1);
    ck_assert_int_eq(rmdir(inner), 0);
    for (size_t i = 0; i < COUNT(passed_over); i++)
        drop_in(passed_over[i], NULL);
    drop_in("9.conf", NULL);
    drop_in("10.conf", NULL);
    drop_in("B.conf", NULL);
    remove_folder();
    clear();
}
END_TEST

START_TEST(test_a_mistake_in_the_directory_names_its_file)
{
    char target[160];

    make_folder("name = a\ntag = x=1\n");
    drop_in("1.conf", "fanout = 2\nfanout = 3\n");
    ck_assert_int_lt(read_path(), 0);
    assert_says(".d/1.conf:2: 'fanout' is given twice");
    drop_in("1.conf", "tag = x=2\ntag = x=3\n");
    ck_assert_int_lt(read_path(), 0);
    assert_says(".d/1.conf:2: tag = x=3: 'x' is given twice");
    drop_in("1.conf", "\nsuspect-timeout = 1s\n");
    ck_assert_int_lt(read_path(), 0);
    assert_says(".d/1.conf:2: suspect-timeout = 1s: suspect-timeout-min is 2500ms by default");
    drop_in("1.conf", NULL);

    (void)snprintf(target, sizeof(target), "%s/2.conf", folder);
    ck_assert_int_eq(symlink("/nonexistent/x.conf", target), 0);
    ck_assert_int_lt(read_path(), 0);
    assert_says("2.conf: No such file");
    drop_in("2.conf", NULL);
    ck_assert_int_eq(symlink("/dev/null", target), 0); /* how an operator masks a file */
    ck_assert_msg(read_path() == 0, "%s", error);
    drop_in("2.conf", NULL);
    ck_assert_int_eq(mkfifo(target, 0600), 0); /* it has no writer to wait for */
    ck_assert_int_lt(read_path(), 0);
    assert_says("2.conf: is not a file");
    drop_in("2.conf", NULL);
    remove_folder();
    write_file("name = a\n");
    (void)snprintf(folder, sizeof(folder), "%s.d", path);
    write_text(folder, "");
    ck_assert_int_lt(read_path(), 0);
    assert_says(".d: Not a directory");
    (void)unlink(folder);
    (void)unlink(path);
    clear();
}
END_TEST

START_TEST(test_more_files_than_are_read_are_a_mistake)
{
    make_folder("name = a\n");
    for (int i = 1; i <= HS_OPTION_FILES_MAX; i++) {
        char name[32];

        ck_assert_msg(read_path() == 0, "%s", error);
        (void)snprintf(name, sizeof(name), "%04d.conf", i);
        drop_in(name, "# nothing\n");
    }
    ck_assert_int_lt(read_path(), 0);
    assert_says("0128.conf: is one more than the 128 files");
    for (int i = 1; i <= HS_OPTION_FILES_MAX; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "%04d.conf", i);
        drop_in(name, NULL);
    }
    remove_folder();
    clear();
}
END_TEST

HARNESS_MAIN("conf-files", test_a_file_has_the_keys_of_the_flags,
             test_a_mistake_in_the_file_is_told_with_its_line, test_characters_that_cannot_be_seen,
             test_a_value_between_quotes_is_refused, test_a_line_that_is_too_long_is_refused,
             test_what_is_no_text_file_is_refused, test_a_flag_replaces_what_the_file_says,
             test_the_example_file_is_right, test_mistakes_between_keys_are_told_beside_others,
             test_what_is_not_known_is_not_judged, test_every_mistake_is_told,
             test_files_of_the_directory_in_the_order_of_their_names,
             test_a_mistake_in_the_directory_names_its_file,
             test_more_files_than_are_read_are_a_mistake)
