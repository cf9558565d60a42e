/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_FINDING_H
#define SEKIMORI_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

/*
 * What a handler removed (a finding) and what it kept. The kinds are also the
 * policy's feature switches: each kind is allowed, sanitized or disallowed.
 *
 * id, keyword in reports and configuration, default switch, Japanese, English
 */
#define FINDING_LIST(X)                                                                            \
    X(MACRO, "macro", SANITIZE, "マクロ", "macro")                                                 \
    X(SCRIPT, "script", SANITIZE, "スクリプト", "script")                                          \
    X(AUTO_ACTION, "auto-action", SANITIZE, "自動実行", "automatic action")                        \
    X(EXTERNAL_LINK, "external-link", SANITIZE, "外部参照", "external reference")                  \
    X(REMOTE_CONTENT, "remote-content", SANITIZE, "外部読み込み", "remote content")                \
    X(EMBEDDED_FILE, "embedded-file", SANITIZE, "埋め込みファイル", "embedded file")               \
    X(FORM, "form", SANITIZE, "フォーム", "form")                                                  \
    X(DDE, "dde", SANITIZE, "DDE", "DDE")                                                          \
    X(FORMULA, "formula", SANITIZE, "数式として働くセル", "cell that acts as a formula")           \
    X(METADATA, "metadata", SANITIZE, "メタデータ", "metadata")                                    \
    X(COMMENT, "comment", SANITIZE, "コメント", "comment")                                         \
    X(REVISION, "revision", SANITIZE, "変更履歴", "revision history")                              \
    X(HIDDEN, "hidden-content", SANITIZE, "隠し要素", "hidden content")                            \
    X(HYPERLINK, "hyperlink", SANITIZE, "リンク", "hyperlink")                                     \
    X(SIGNATURE, "signature", SANITIZE, "電子署名", "digital signature")                           \
    X(CONTROL_CHARS, "control-characters", SANITIZE, "制御文字", "control characters")             \
    X(BIDI, "bidi-override", SANITIZE, "文字方向の偽装", "bidirectional override")                 \
    X(ENCODING, "encoding", SANITIZE, "不正な文字コード", "invalid encoding")                      \
    X(TRAILING_DATA, "trailing-data", SANITIZE, "末尾の余分なデータ", "data after the end")        \
    X(UNKNOWN_OBJECT, "unknown-object", SANITIZE, "不明な要素", "unknown object")                  \
    X(COLOR_PROFILE, "color-profile", SANITIZE, "不正な色情報", "invalid colour profile")          \
    X(THUMBNAIL, "thumbnail", SANITIZE, "縮小画像", "thumbnail")                                   \
    X(ANIMATION, "animation", SANITIZE, "アニメーション", "animation")                             \
    X(TYPE_MISMATCH, "type-mismatch", SANITIZE, "拡張子の不一致", "name and type disagree")        \
    X(NAME, "name", SANITIZE, "ファイル名の変更", "changed name")                                  \
    X(LINK_MEMBER, "link-member", SANITIZE, "リンクや特殊ファイル", "link or device in archive")   \
    X(MEMBER, "member", DISALLOW, "除外したファイル", "left-out member")                           \
    X(CONVERTED, "converted", SANITIZE, "形式の変換", "converted type")                            \
    X(DAMAGE, "damage", SANITIZE, "破損の修復", "repaired damage")                                 \
    X(MORE, "more", ALLOW, "その他", "further findings")

enum finding_kind {
    FINDING_NONE = 0,
#define X(id, word, def, ja, en) FINDING_##id,
    FINDING_LIST(X)
#undef X
    FINDING_KINDS
};

/* The reporting keyword, or "unknown". Static storage. */
const char *finding_word(enum finding_kind kind);
const char *finding_text_ja(enum finding_kind kind);
const char *finding_text_en(enum finding_kind kind);
/* The kind of a keyword, or FINDING_NONE. */
enum finding_kind finding_find(const char *word);

#define FINDING_PLACE_MAX 160 /* bytes with NUL; longer text is cut at a character */
#define FINDING_NOTE_MAX 200
#define FINDINGS_MAX 256 /* further ones are counted in one FINDING_MORE row */
#define KEPT_MAX 32
#define KEPT_WORD_MAX 32

/* One row of the report. Text is printable UTF-8: everything else was escaped on entry. */
struct finding {
    enum finding_kind kind;
    uint32_t count;
    char place[FINDING_PLACE_MAX];
    char note[FINDING_NOTE_MAX];
};

struct kept {
    char what[KEPT_WORD_MAX];
    uint64_t count;
};

/* Append-only lists; zero-initialise to start, findings_clear to free. */
struct findings {
    struct finding *rows;
    size_t count, room;
    struct kept kept[KEPT_MAX];
    size_t kept_count;
};

/*
 * Records `count` removals of a kind at a place inside the document (may be "").
 * Rows of the same kind and place are added up. Hostile bytes in place and note
 * are escaped and cut. Returns 0 or ERR_NOMEM; past FINDINGS_MAX the row goes
 * into the FINDING_MORE count.
 */
int findings_add(struct findings *list, enum finding_kind kind, const char *place, uint32_t count, const char *note) must_check;

/* Adds to the number of kept things named by a short word ("pages"). Past KEPT_MAX words it is dropped. */
void findings_keep(struct findings *list, const char *what, uint64_t count);

/* Frees the rows and zeroes the list. */
void findings_clear(struct findings *list);

/* Copies src into dst (room bytes), escaping what is not printable UTF-8 as \xNN or \u{N} and cutting at a character. */
void finding_escape(char *dst, size_t room, const char *src);

#endif
