/* SPDX-License-Identifier: Apache-2.0 */
/* Everything of libhearsay in one include. */
#ifndef HEARSAY_HEARSAY_H
#define HEARSAY_HEARSAY_H

#include <hearsay/addr.h>
#include <hearsay/allocator.h>
#include <hearsay/config.h>
#include <hearsay/error.h>
#include <hearsay/event.h>
#include <hearsay/host.h>
#include <hearsay/keyring.h>
#include <hearsay/member.h>
#include <hearsay/node.h>
#include <hearsay/now.h>
#include <hearsay/ring.h>
#include <hearsay/seal.h>
#include <hearsay/stats.h>
#include <hearsay/trace.h>
#include <hearsay/version.h>

#endif
