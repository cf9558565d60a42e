/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read by meson through the preprocessor: the formats of LINT_ENGINE, one word each, between two at-signs. */
#include "formats/list.h"

#define X(id) id
#define LIST_OF(engine) ENGINE_##engine##_LIST(X)
#define LIST(engine) LIST_OF(engine)
@ LIST(LINT_ENGINE) @
