/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SEKIMORI_REASON_H
#define SEKIMORI_REASON_H

/*
 * Verdicts, and the documented list of reason codes that go with them
 * (docs/reasons.md is made from the same table). Both enums start at a zero
 * that means "nobody has decided", and undecided is held.
 */
enum verdict {
    VERDICT_UNDECIDED = 0, /* treated as held everywhere */
    VERDICT_RELEASED,      /* 無害化済 */
    VERDICT_HELD,          /* 保留 */
    VERDICT_BLOCKED,       /* 拒否 */
};

/* id, code, verdict it leads to, error code, Japanese for staff, English for staff */
#define REASON_LIST(X)                                                                                              \
    X(OK, "ok", RELEASED, 0, "無害化が完了しました。", "The file was made harmless.")                              \
    X(INFECTED, "infected", BLOCKED, ERR_REFUSED, "ウイルスが見つかったため、受け渡しを拒否しました。",             \
      "A virus was found; the file was refused.")                                                                   \
    X(BLOCKED_TYPE, "blocked-type", BLOCKED, ERR_REFUSED, "実行できる形式のファイルは受け渡しできません。",         \
      "Programs and scripts cannot be passed on.")                                                                  \
    X(UNSUPPORTED_TYPE, "unsupported-type", HELD, ERR_UNSUPPORTED, "無害化に対応していない形式のため保留しました。", \
      "This type of file cannot be made harmless yet; it is held.")                                                 \
    X(UNKNOWN_TYPE, "unknown-type", HELD, ERR_UNSUPPORTED, "ファイルの形式を判別できないため保留しました。",        \
      "The type of this file could not be determined; it is held.")                                                 \
    X(AMBIGUOUS_TYPE, "ambiguous-type", HELD, ERR_REFUSED, "複数の形式として読めるファイルのため保留しました。",    \
      "The file can be read as more than one type; it is held.")                                                    \
    X(TYPE_MISMATCH, "type-mismatch", HELD, ERR_REFUSED, "拡張子と中身の形式が一致しないため保留しました。",        \
      "The name says another type than the content; the file is held.")                                             \
    X(EMPTY, "empty", HELD, ERR_MALFORMED, "ファイルの中身が空のため保留しました。", "The file is empty; it is held.") \
    X(ENCRYPTED, "encrypted", HELD, ERR_LOCKED, "パスワードで保護されているため保留しました。",                     \
      "The file is protected by a password; it is held.")                                                           \
    X(MALFORMED, "malformed", HELD, ERR_MALFORMED, "ファイルが壊れているか規格に合わないため保留しました。",        \
      "The file is damaged or does not follow its format; it is held.")                                             \
    X(POLICY, "policy", HELD, ERR_REFUSED, "受け渡しの方針で認められていない内容を含むため保留しました。",          \
      "The file contains something the policy does not allow; it is held.")                                         \
    X(MODE_UNAVAILABLE, "mode-unavailable", HELD, ERR_UNSUPPORTED, "指定された方法ではこの形式を無害化できないため保留しました。", \
      "This type cannot be treated in the required way; the file is held.")                                         \
    X(LIMIT_BYTES, "limit-bytes", HELD, ERR_LIMIT, "ファイルが大きすぎるため保留しました。", "The file is too large; it is held.") \
    X(LIMIT_OUTPUT, "limit-output", HELD, ERR_LIMIT, "処理後のファイルが大きくなりすぎるため保留しました。",        \
      "The result would be too large; the file is held.")                                                           \
    X(LIMIT_RATIO, "limit-ratio", HELD, ERR_LIMIT, "展開すると異常に大きくなるファイルのため保留しました。",        \
      "The file expands abnormally; it is held.")                                                                   \
    X(LIMIT_MEMBERS, "limit-members", HELD, ERR_LIMIT, "中に含まれるファイルの数が多すぎるため保留しました。",      \
      "There are too many files inside; it is held.")                                                               \
    X(LIMIT_DEPTH, "limit-depth", HELD, ERR_LIMIT, "入れ子が深すぎるため保留しました。", "It is nested too deeply; it is held.") \
    X(LIMIT_PAGES, "limit-pages", HELD, ERR_LIMIT, "ページ数が多すぎるため保留しました。", "There are too many pages; it is held.") \
    X(LIMIT_PIXELS, "limit-pixels", HELD, ERR_LIMIT, "画像が大きすぎるため保留しました。", "The picture is too large; it is held.") \
    X(LIMIT_OBJECTS, "limit-objects", HELD, ERR_LIMIT, "内部の構造が複雑すぎるため保留しました。",                  \
      "The inner structure is too complex; it is held.")                                                            \
    X(LIMIT_STEPS, "limit-steps", HELD, ERR_LIMIT, "処理量が上限を超えたため保留しました。",                        \
      "The file needs too much work; it is held.")                                                                  \
    X(LIMIT_MEMORY, "limit-memory", HELD, ERR_LIMIT, "処理に必要なメモリが上限を超えたため保留しました。",          \
      "The file needs too much memory; it is held.")                                                                \
    X(TIMEOUT, "timeout", HELD, ERR_TIMEOUT, "時間内に処理が終わらなかったため保留しました。",                      \
      "The file could not be treated in time; it is held.")                                                         \
    X(CRASH, "crash", HELD, ERR_FAULT, "処理中に異常が起きたため保留しました。",                                    \
      "Something went wrong while treating the file; it is held.")                                                  \
    X(SANDBOX, "sandbox", HELD, ERR_FAULT, "処理中に許可されない動作を検知したため保留しました。",                  \
      "A forbidden action was seen while treating the file; it is held.")                                           \
    X(CHECK_REFUSED, "check-refused", HELD, ERR_REFUSED, "無害化後の検査に合格しなかったため保留しました。",        \
      "The result did not pass the final check; the file is held.")                                                 \
    X(NO_INK, "no-ink", HELD, ERR_REFUSED, "文字のあるページを正しく描画できなかったため保留しました。",            \
      "A page with text came out blank; the file is held.")                                                         \
    X(SCAN_UNAVAILABLE, "scan-unavailable", HELD, ERR_STALE, "ウイルス定義が無いか古いため保留しました。",          \
      "The virus signatures are missing or too old; the file is held.")                                             \
    X(SCAN_FAILED, "scan-failed", HELD, ERR_FAULT, "ウイルス検査が完了しなかったため保留しました。",                \
      "The virus scan did not finish; the file is held.")                                                           \
    X(MEMBER_HELD, "member-held", HELD, ERR_REFUSED, "中に含まれるファイルが保留になったため、全体を保留しました。", \
      "A file inside is held, so the whole is held.")                                                               \
    X(MEMBER_BLOCKED, "member-blocked", BLOCKED, ERR_REFUSED, "中に含まれるファイルが拒否されたため、全体を拒否しました。", \
      "A file inside was refused, so the whole is refused.")                                                        \
    X(UNSAFE_NAME, "unsafe-name", HELD, ERR_REFUSED, "ファイル名に使えない文字や経路が含まれるため保留しました。",  \
      "The name contains a path or characters that are not allowed; the file is held.")                             \
    X(NOT_REGULAR, "not-regular", HELD, ERR_REFUSED, "通常のファイルではないため受け取れません。",                   \
      "This is a link, a device or another special file; it is not taken.")                                         \
    X(OUTPUT_EXISTS, "output-exists", HELD, ERR_EXISTS, "同じ名前の出力が既にあるため保留しました。",               \
      "An output of this name exists already; the file is held.")                                                   \
    X(IO, "io", HELD, ERR_IO, "読み書きに失敗したため保留しました。", "Reading or writing failed; the file is held.") \
    X(INTERNAL, "internal", HELD, ERR_FAULT, "内部の異常のため保留しました。", "An internal fault occurred; the file is held.") \
    X(INCOMPLETE, "incomplete", HELD, ERR_REFUSED, "書き込みの途中を示す名前のまま残っているため受け取れません。",    \
      "Its name says that the file was never finished; it is not taken.")

enum reason {
    REASON_NONE = 0, /* undecided: held as "internal" */
#define X(id, code, verdict, err, ja, en) REASON_##id,
    REASON_LIST(X)
#undef X
    REASON_COUNT
};

/* The verdict a reason leads to. Unknown values and REASON_NONE are held. */
enum verdict reason_verdict(enum reason reason);

/* The documented code ("limit-ratio"). Unknown values give "internal". Static storage. */
const char *reason_code(enum reason reason);

/* The ERR_* a function returns after recording this reason; 0 only for REASON_OK. */
int reason_err(enum reason reason);

/* Text for staff, which tells nothing of the rules' inner workings. Static storage, UTF-8. */
const char *reason_text_ja(enum reason reason);
const char *reason_text_en(enum reason reason);

/* The reason whose code is the given word, or REASON_NONE. */
enum reason reason_find(const char *code);

/* "released", "held", "blocked"; undecided gives "held". Static storage. */
const char *verdict_text(enum verdict verdict);

/* The same in Japanese (無害化済, 保留, 拒否). Static storage, UTF-8. */
const char *verdict_text_ja(enum verdict verdict);

#endif
