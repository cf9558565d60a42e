# Turns a text file into C string literals, a line each.
s/\\/\\\\/g
s/"/\\"/g
s/.*/"&\\n"/
