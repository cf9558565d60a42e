# SPDX-License-Identifier: GPL-2.0-or-later
# Turns a text file into C string literals, a line each.
s/\\/\\\\/g
s/"/\\"/g
s/.*/"&\\n"/
