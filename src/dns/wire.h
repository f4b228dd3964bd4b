/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of the DNS, and our bounds of it. Sections are those of RFC 1035 unless another RFC is
 * named. All numbers on the wire are big-endian.
 */
#ifndef HS_DNS_WIRE_H
#define HS_DNS_WIRE_H

#define HS_DNS_HEADER_SIZE 12  /* 4.1.1 */
#define HS_DNS_NAME_MAX    255 /* 2.3.4: bytes of a name, lengths and the root's zero included */
#define HS_DNS_LABEL_MAX   63  /* 2.3.4 */
#define HS_DNS_LABELS_MAX  127 /* one byte each, with its length */
#define HS_DNS_STRING_MAX  255 /* 3.3: a character string */
#define HS_DNS_POINTER     0xc000u /* 4.1.4: the two bits of a compression pointer */
#define HS_DNS_POINTER_MAX 0x3fff  /* the furthest place that one can point to */

#define HS_DNS_QUESTION_MAX 4096  /* of a question with its additional records; longer: dropped */
#define HS_DNS_PLAIN_MAX    512   /* 2.3.4: of an answer over UDP to a client without EDNS */
#define HS_DNS_UDP_MAX      1232  /* of any answer over UDP: fits IPv6's least MTU, 1280 */
#define HS_DNS_TCP_MAX      65535 /* what two bytes of length can say: 4.2.2 */

/* 4.1.1: the second 16 bits of the header */
#define HS_DNS_FLAG_QR     0x8000u /* a response */
#define HS_DNS_OPCODE      0x7800u /* 0: QUERY */
#define HS_DNS_FLAG_AA     0x0400u /* authoritative */
#define HS_DNS_FLAG_TC     0x0200u /* truncated */
#define HS_DNS_FLAG_RD     0x0100u /* recursion desired: copied */
#define HS_DNS_OPT_DO      0x8000u /* RFC 3225: DNSSEC records wanted: copied */
#define HS_DNS_OPT_SIZE    11      /* RFC 6891, 6.1.2: an OPT record without options */
#define HS_DNS_OPT_EDE     15      /* RFC 8914: option "extended DNS error" */
#define HS_DNS_OPT_HEAD    4       /* RFC 6891, 6.1.2: an option's code and length */
#define HS_DNS_EXPLAIN_MAX 48      /* bytes of the text of an extended error */

enum hs_dns_class {
    HS_DNS_CLASS_IN = 1,
};

enum hs_dns_type {
    HS_DNS_A = 1,
    HS_DNS_NS = 2,
    HS_DNS_SOA = 6,
    HS_DNS_PTR = 12,
    HS_DNS_TXT = 16,
    HS_DNS_AAAA = 28, /* RFC 3596 */
    HS_DNS_SRV = 33,  /* RFC 2782 */
    HS_DNS_OPT = 41,  /* RFC 6891 */
    /* what is no type of a record, but a wish for a service: TKEY, TSIG, IXFR, AXFR, MAILB, MAILA
     */
    HS_DNS_SERVICE_FIRST = 249,
    HS_DNS_SERVICE_LAST = 254,
    HS_DNS_ANY = 255, /* RFC 8482 */
};

/* Response codes: 4.1.1, and RFC 6891, 6.1.3. The words are those of IANA, in lower case. */
#define HS_DNS_RCODES(X)                                                                           \
    X(NOERROR, 0, "noerror")                                                                       \
    X(FORMERR, 1, "formerr")   /* the question cannot be read */                                   \
    X(SERVFAIL, 2, "servfail") /* we cannot know the answer now */                                 \
    X(NXDOMAIN, 3, "nxdomain") /* there is no such name */                                         \
    X(NOTIMP, 4, "notimp")     /* this kind of question is not answered here */                    \
    X(REFUSED, 5, "refused")   /* the name is not ours */                                          \
    X(BADVERS, 16, "badvers")  /* an EDNS version that we do not know */

enum hs_dns_rcode {
#define HS_DNS_RCODE_ENUM(name, code, text) HS_DNS_##name = (code),
    HS_DNS_RCODES(HS_DNS_RCODE_ENUM)
#undef HS_DNS_RCODE_ENUM
        HS_DNS_SILENCE = -1, /* not a code: what has come gets no answer */
};

/* RFC 8914, 4: why an answer is as it is, in words that `dig` shows. */
enum hs_dns_explain {
    HS_DNS_EXPLAIN_NONE = -1,
    HS_DNS_EXPLAIN_STALE = 3,
    HS_DNS_EXPLAIN_NOT_READY = 14,
    HS_DNS_EXPLAIN_NOT_OURS = 20,
};

#endif
