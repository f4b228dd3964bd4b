/* SPDX-License-Identifier: Apache-2.0 */
/* A link to a socket at which the test itself listens. */
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/link.h"

static char folder[] = "/tmp/hearsay-link-XXXXXX", path[64];
static int listener;
static struct hs_mirror *mirror;
static struct hs_link link_;
static int asked; /* how often it was asked whether it believes */

static bool believe(const char *socket_path, int fd)
{
    ck_assert_str_eq(socket_path, path);
    ck_assert_int_ge(fd, 0);
    return asked++ > 0; /* from the second time on */
}

static void begin(void)
{
    struct sockaddr_un address;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/s", folder);
    ck_assert_int_eq(hs_ctl_address(path, &address), 0);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 4), 0);
    mirror = hs_mirror_new(NULL);
    ck_assert_ptr_nonnull(mirror);
    hs_link_init(&link_, path, mirror);
}

static void end(void)
{
    hs_link_fini(&link_);
    hs_mirror_free(mirror);
    close(listener);
    unlink(path);
    rmdir(folder);
}

/* What has come over the next connection, which is kept if it is open. */
static size_t received(char text[256])
{
    int fd = accept(listener, NULL, NULL);
    ssize_t n = recv(fd, text, 255, MSG_DONTWAIT);

    ck_assert_int_ge(n, 0); /* 0: it is closed */
    text[n] = '\0';
    return (size_t)n;
}

START_TEST(test_who_is_not_believed_is_sent_nothing_and_asked_again)
{
    char text[256];

    begin();
    link_.believes = believe;
    ck_assert(!hs_link_work(&link_, 1000));
    ck_assert_int_eq(hs_link_fd(&link_), -1);
    ck_assert_ptr_nonnull(strstr(link_.fault, "is of somebody else"));
    ck_assert_uint_eq(received(text), 0);
    ck_assert_uint_eq(link_.connections, 0);
    ck_assert_int_gt(hs_link_timeout_ms(&link_, 1000), 0);
    hs_link_work(&link_, 1000 + HS_LINK_RETRY_US - 1);
    ck_assert_int_eq(asked, 1);
    hs_link_work(&link_, 1000 + HS_LINK_RETRY_US);
    ck_assert_int_eq(asked, 2);
    ck_assert_int_ge(hs_link_fd(&link_), 0);
    ck_assert_uint_gt(received(text), 0);
    ck_assert_str_eq(text, "{\"cmd\":\"follow\"}\n");
    end();
}
END_TEST

START_TEST(test_without_a_judge_everybody_is_believed)
{
    char text[256];

    begin();
    hs_link_work(&link_, 1000);
    ck_assert_int_ge(hs_link_fd(&link_), 0);
    ck_assert_uint_gt(received(text), 0);
    end();
}
END_TEST

/* The end of the next connection at which an agent would be. */
static int accepted(void)
{
    int fd = accept(listener, NULL, NULL);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static void tell(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

START_TEST(test_only_an_agent_is_heard)
{
    int fd;

    begin();
    hs_link_work(&link_, 1000);
    fd = accepted();
    tell(fd, "no line");
    hs_link_work(&link_, 2000);
    ck_assert_int_ge(hs_link_fd(&link_), 0);
    ck_assert_uint_eq(hs_link_silence_us(&link_, 2000), UINT64_MAX);
    tell(fd, ", and no JSON\n");
    hs_link_work(&link_, 3000);
    ck_assert_int_eq(hs_link_fd(&link_), -1);
    ck_assert_uint_eq(hs_link_silence_us(&link_, 3000), UINT64_MAX);
    close(fd);
    hs_link_work(&link_, 3000 + HS_LINK_RETRY_US);
    fd = accepted();
    tell(fd, "{\"ok\":true,\"instance\":\"0123456789abcdef\",\"node\":\"n1\",\"cluster\":\"c\"}\n");
    hs_link_work(&link_, 4000 + HS_LINK_RETRY_US);
    ck_assert_uint_eq(hs_link_silence_us(&link_, 5000 + HS_LINK_RETRY_US), 1000);
    tell(fd, "no line");
    hs_link_work(&link_, 6000 + HS_LINK_RETRY_US);
    ck_assert_uint_eq(hs_link_silence_us(&link_, 6000 + HS_LINK_RETRY_US), 2000);
    close(fd);
    end();
}
END_TEST

HARNESS_MAIN("link", test_who_is_not_believed_is_sent_nothing_and_asked_again,
             test_without_a_judge_everybody_is_believed, test_only_an_agent_is_heard)
