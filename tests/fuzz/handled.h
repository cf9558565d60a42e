/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read by meson through the preprocessor: the handled formats, one word each, between two at-signs. */
#include "formats/list.h"

#define X(id) id
@ HANDLED_LIST(X) @
