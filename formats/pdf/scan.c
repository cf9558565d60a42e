/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds objects by their keyword instead of by the cross-reference table, so
 * that old revisions, unreferenced objects and objects of damaged files are
 * seen too. Runs in the pdf worker on hostile bytes, before anything is drawn.
 */
#include "scan.h"

#include <string.h>

#include "formats/imagepdf/lib_zpack.h"
#include "lex.h"

#define DEPTH_MAX 96
#define UNPACK_MAX ((size_t)32 << 20)        /* of one object stream */
#define UNPACK_TOTAL_MAX ((size_t)256 << 20) /* of all */
#define REFS_MAX 16
#define ACTIONS_MAX 65536u

/* Names that mean something here, as keys or values. Sorted for bsearch. */
#define NAME_LIST(X)                                                                                                 \
    X(3D) X(AA) X(ByteRange) X(DecodeParms) X(EF) X(Encrypt) X(F) X(Filter) X(First) X(FlateDecode) X(GoTo)          \
    X(GoTo3DView) X(GoToE) X(GoToR) X(Hide) X(ImportData) X(Info) X(JS) X(JavaScript) X(Launch) X(Linearized)        \
    X(Metadata) X(Movie) X(N) X(Named) X(ObjStm) X(OpenAction) X(PS) X(PieceInfo) X(Rendition) X(ResetForm)          \
    X(RichMedia) X(RichMediaExecute) X(Root) X(S) X(Screen) X(SetOCGState) X(Sound) X(SubmitForm) X(Subtype)         \
    X(Thread) X(Thumb) X(Trans) X(Type) X(XFA) X(XRef)

enum name {
    NAME_NONE = 0,
#define X(id) NAME_##id,
    NAME_LIST(X)
#undef X
    NAMES
};

/* What the value of a key looks like. */
enum shape { SHAPE_OTHER, SHAPE_NAME, SHAPE_INTEGER, SHAPE_REF, SHAPE_ARRAY, SHAPE_DICT, SHAPE_STRING };

/* One open array or dictionary. */
struct level {
    bool dict;
    enum name key;                       /* the key waiting for its value; NAME_NONE: a key comes, or an unknown one */
    bool have_key;
    enum name s, type, subtype, filter;  /* values of those keys */
    enum name parent_key;                /* the key of the outer dictionary this is the value of */
    int64_t n, first, last[2];           /* /N, /First; the last two integers, for references */
    unsigned integers;                   /* how many of last count */
    bool seen[NAMES];
};

struct scanner {
    struct fmt_job *job;
    struct scan *scan;
    const struct fmt_in *in;
    struct level level[DEPTH_MAX];
    unsigned depth;
    uint64_t overflow; /* containers open beyond DEPTH_MAX */
    bool encrypted, linearized;
    int64_t object;               /* number of the object being read */
    struct level top;             /* the outermost dictionary once closed: of a stream */
    int64_t open_action[REFS_MAX]; /* objects OpenAction refers to */
    unsigned open_actions;
    int64_t *action;               /* objects that are actions other than GoTo */
    size_t actions, action_room;
    size_t unpacked;
    uint32_t startxrefs;
};

static void scanner_clear(struct scanner *s)
{
    free(s->action);
}

static int name_order(const void *key, const void *row)
{
    return strcmp(key, *(const char *const *)row);
}

static enum name name_find(const char *word)
{
    static const char *const words[] = {
#define X(id) #id,
        NAME_LIST(X)
#undef X
    };
    const char *const *hit = bsearch(word, words, ARRAY_LEN(words), sizeof *words, name_order);

    return hit ? (enum name)(hit - words + 1) : NAME_NONE;
}

static void see(struct scanner *s, enum scan_kind kind)
{
    if (s->scan->count[kind] < UINT32_MAX)
        s->scan->count[kind]++;
}

/* Something could not be looked into; once is enough to say. */
static void unseen(struct scanner *s)
{
    if (s->scan->count[SCAN_UNSEEN] == 0)
        see(s, SCAN_UNSEEN);
}

/* What an action's /S value is counted as. GoTo and URI are told by the renderer's link list. */
static void see_action(struct scanner *s, enum name type)
{
    static const struct {
        enum name type;
        enum scan_kind kind;
    } rows[] = {
        {NAME_JavaScript, SCAN_JAVASCRIPT}, {NAME_Launch, SCAN_LAUNCH},       {NAME_Rendition, SCAN_RENDITION},
        {NAME_Movie, SCAN_MEDIA_ACTION},    {NAME_Sound, SCAN_MEDIA_ACTION},  {NAME_GoTo3DView, SCAN_MEDIA_ACTION},
        {NAME_RichMediaExecute, SCAN_MEDIA_ACTION},
        {NAME_Hide, SCAN_HIDE},             {NAME_SetOCGState, SCAN_HIDE},    {NAME_Trans, SCAN_TRANSITION},
        {NAME_GoToR, SCAN_GOTO_REMOTE},     {NAME_GoToE, SCAN_GOTO_REMOTE},   {NAME_SubmitForm, SCAN_SUBMIT},
        {NAME_ImportData, SCAN_IMPORT},     {NAME_Named, SCAN_NAMED},         {NAME_Thread, SCAN_NAMED},
        {NAME_ResetForm, SCAN_RESET},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].type != type)
            continue;
        see(s, rows[i].kind);
        return;
    }
}

/* Remembers that the object being read is an action, in case OpenAction refers to it. */
static int action_note(struct scanner *s)
{
    if (s->actions >= ACTIONS_MAX)
        return 0;
    if (s->actions == s->action_room) {
        size_t room = s->action_room ? s->action_room * 2 : 64;
        int64_t *action = realloc(s->action, room * sizeof *action);
        if (!action)
            return ERR_NOMEM;
        s->action = action;
        s->action_room = room;
    }
    s->action[s->actions++] = s->object;
    return 0;
}

/* A dictionary is complete: what do its keys say together? */
static int dict_close(struct scanner *s, const struct level *d)
{
    bool action = d->s != NAME_NONE && d->s != NAME_GoTo;

    see_action(s, d->s);
    if (d->seen[NAME_JS] && d->s != NAME_JavaScript) /* Rendition, and names trees of old files */
        see(s, SCAN_JAVASCRIPT);
    if (d->parent_key == NAME_OpenAction && (action || d->seen[NAME_JS]))
        see(s, SCAN_OPEN_ACTION);
    if (d->subtype == NAME_RichMedia || d->subtype == NAME_3D || d->subtype == NAME_Screen ||
        d->subtype == NAME_Movie || d->subtype == NAME_Sound)
        see(s, SCAN_MEDIA);
    if (d->seen[NAME_Encrypt] && (d->seen[NAME_Root] || d->type == NAME_XRef))
        s->encrypted = true;
    if (d->seen[NAME_Info] && d->seen[NAME_Root] && s->scan->count[SCAN_INFO] == 0)
        see(s, SCAN_INFO);
    s->linearized |= d->seen[NAME_Linearized];
    if (s->depth == 0)
        s->top = *d;
    return s->depth == 0 && action ? action_note(s) : 0;
}

/* Keys whose mere presence counts. */
static void key_seen(struct scanner *s, enum name key)
{
    static const struct {
        enum name key;
        enum scan_kind kind;
    } rows[] = {
        {NAME_AA, SCAN_ADDITIONAL_ACTIONS}, {NAME_XFA, SCAN_XFA},          {NAME_EF, SCAN_EMBEDDED},
        {NAME_ByteRange, SCAN_SIGNATURE},   {NAME_Thumb, SCAN_THUMBNAIL},  {NAME_PieceInfo, SCAN_PRIVATE},
        {NAME_Trans, SCAN_TRANSITION},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].key == key)
            see(s, rows[i].kind);
}

/* A complete value in the open container; for a dictionary it ends the pair. */
static void value_seen(struct scanner *s, enum shape shape, const struct pdf_token *t)
{
    struct level *d = s->depth > 0 ? &s->level[s->depth - 1] : NULL;
    enum name word = shape == SHAPE_NAME ? name_find(t->name) : NAME_NONE;

    if (!d || !d->dict || !d->have_key)
        return;
    if (d->key == NAME_S)
        d->s = word;
    else if (d->key == NAME_Type)
        d->type = word;
    else if (d->key == NAME_Subtype)
        d->subtype = word;
    else if (d->key == NAME_Filter)
        d->filter = word;
    else if (d->key == NAME_N && shape == SHAPE_INTEGER)
        d->n = t->integer;
    else if (d->key == NAME_First && shape == SHAPE_INTEGER)
        d->first = t->integer;
    /* an integer may be the first half of a reference: the key then stays until the next token tells */
    d->have_key = shape == SHAPE_INTEGER;
    if (!d->have_key)
        d->key = NAME_NONE;
}

/* N G R: the two integers before were a reference. */
static void reference_seen(struct scanner *s)
{
    struct level *d = s->depth > 0 ? &s->level[s->depth - 1] : NULL;

    if (!d || d->integers < 2)
        return;
    if (d->dict && d->have_key && d->key == NAME_OpenAction && s->open_actions < REFS_MAX)
        s->open_action[s->open_actions++] = d->last[0];
    d->have_key = false;
    d->integers = 0;
}

static void level_open(struct scanner *s, bool dict)
{
    enum name key = NAME_NONE;

    if (s->depth > 0 && s->level[s->depth - 1].dict && s->level[s->depth - 1].have_key) {
        key = s->level[s->depth - 1].key;
        s->level[s->depth - 1].have_key = false;
    }
    if (s->depth >= DEPTH_MAX) {
        s->overflow++;
        unseen(s);
        return;
    }
    s->level[s->depth++] = (struct level){.dict = dict, .parent_key = key};
}

static int level_close(struct scanner *s, bool dict)
{
    if (s->overflow > 0) {
        s->overflow--;
        return 0;
    }
    if (s->depth == 0 || s->level[s->depth - 1].dict != dict)
        return 0;
    s->depth--;
    return dict ? dict_close(s, &s->level[s->depth]) : 0;
}

static void name_seen(struct scanner *s, const struct pdf_token *t)
{
    struct level *d = s->depth > 0 ? &s->level[s->depth - 1] : NULL;

    if (!d || !d->dict)
        return;
    if (d->have_key && d->integers == 0) {
        value_seen(s, SHAPE_NAME, t);
        return;
    }
    d->integers = 0;
    d->key = name_find(t->name);
    d->have_key = true;
    d->seen[d->key] = true;
    key_seen(s, d->key);
}

static void integer_seen(struct scanner *s, const struct pdf_token *t)
{
    struct level *d = s->depth > 0 ? &s->level[s->depth - 1] : NULL;

    if (!d)
        return;
    if (d->integers == 0)
        value_seen(s, SHAPE_INTEGER, t);
    if (d->integers == 2)
        d->last[0] = d->last[1];
    d->last[d->integers == 0 ? 0 : 1] = t->integer;
    d->integers = d->integers < 2 ? d->integers + 1 : 2;
}

/* Feeds one token. Returns ERR_NOMEM, or 0. */
static int token_seen(struct scanner *s, const struct pdf_token *t)
{
    switch (t->kind) {
    case PDF_TOKEN_NAME:
        name_seen(s, t);
        break;
    case PDF_TOKEN_INTEGER:
        integer_seen(s, t);
        break;
    case PDF_TOKEN_DICT:
    case PDF_TOKEN_ARRAY:
        level_open(s, t->kind == PDF_TOKEN_DICT);
        break;
    case PDF_TOKEN_DICT_END:
    case PDF_TOKEN_ARRAY_END:
        return level_close(s, t->kind == PDF_TOKEN_DICT_END);
    case PDF_TOKEN_KEYWORD:
        if (strcmp(t->name, "R") == 0)
            reference_seen(s);
        else
            value_seen(s, SHAPE_OTHER, t);
        break;
    case PDF_TOKEN_STRING:
    case PDF_TOKEN_REAL:
        value_seen(s, t->kind == PDF_TOKEN_STRING ? SHAPE_STRING : SHAPE_OTHER, t);
        break;
    case PDF_TOKEN_END:
        break;
    }
    return 0;
}

/* ---- Objects --------------------------------------------------------------------- */

/*
 * Reads one object from the lexer: to the end of its value, or to a keyword
 * that ends objects. Tells in *stream_out whether a stream follows.
 */
static int object_read(struct scanner *s, struct pdf_lexer *l, bool *stream_out)
{
    struct pdf_token t;
    size_t from = l->at;

    s->depth = 0;
    s->overflow = 0;
    s->top = (struct level){0};
    *stream_out = false;
    for (pdf_lex_next(l, &t); t.kind != PDF_TOKEN_END; pdf_lex_next(l, &t)) {
        if (t.kind == PDF_TOKEN_KEYWORD && (strcmp(t.name, "endobj") == 0 || strcmp(t.name, "obj") == 0 ||
                                            strcmp(t.name, "startxref") == 0))
            break;
        if (t.kind == PDF_TOKEN_KEYWORD && strcmp(t.name, "stream") == 0 && s->depth == 0) {
            *stream_out = true;
            break;
        }
        int err = token_seen(s, &t);
        if (err < 0)
            return err;
    }
    return job_steps(s->job, l->at - from + 1);
}

/* Reads one value, as object streams hold them. */
static int value_read(struct scanner *s, struct pdf_lexer *l)
{
    struct pdf_token t;
    int err = 0;

    s->depth = 0;
    s->overflow = 0;
    do {
        pdf_lex_next(l, &t);
        err = token_seen(s, &t);
    } while (err == 0 && s->depth > 0 && t.kind != PDF_TOKEN_END);
    return err;
}

/* The objects of an unpacked object stream (7.5.7): N pairs of number and offset, then the objects. */
static int object_stream_read(struct scanner *s, const uint8_t *bytes, size_t n, const struct level *dict)
{
    struct pdf_lexer head = {.bytes = bytes, .n = n};

    if (dict->first < 0 || (uint64_t)dict->first > n)
        return 0;
    head.n = (size_t)dict->first;
    for (int64_t i = 0; i < dict->n; i++) {
        struct pdf_token number, offset;
        pdf_lex_next(&head, &number);
        pdf_lex_next(&head, &offset);
        if (number.kind != PDF_TOKEN_INTEGER || offset.kind != PDF_TOKEN_INTEGER || offset.integer < 0 ||
            (uint64_t)offset.integer > n - (size_t)dict->first)
            return 0;
        size_t at = (size_t)dict->first + (size_t)offset.integer;
        struct pdf_lexer l = {.bytes = bytes, .n = n, .at = at};
        s->object = number.integer;
        int err = value_read(s, &l);
        if (err < 0 || (err = job_steps(s->job, l.at - at + 1)) < 0)
            return err;
    }
    return 0;
}

static int object_stream_open(struct scanner *s, size_t at, size_t n)
{
    struct level dict = s->top;
    scoped_free uint8_t *bytes = NULL;
    size_t len = 0, room = UNPACK_TOTAL_MAX - s->unpacked;

    if (s->encrypted || dict.seen[NAME_DecodeParms] || (dict.seen[NAME_Filter] && dict.filter != NAME_FlateDecode) ||
        room == 0) {
        unseen(s);
        return 0;
    }
    if (!dict.seen[NAME_Filter])
        return object_stream_read(s, s->in->bytes + at, n, &dict);
    int err = zunpack(s->in->bytes + at, n, room < UNPACK_MAX ? room : UNPACK_MAX, &bytes, &len);
    if (err == ERR_NOMEM)
        return err;
    if (err < 0) {
        unseen(s);
        return 0;
    }
    s->unpacked += len;
    return object_stream_read(s, bytes, len, &dict);
}

/* A stream begins at `at`; its dictionary is s->top. Gives the offset behind it. */
static int stream_seen(struct scanner *s, size_t at, size_t *next_out)
{
    static const char end[] = "endstream";
    const struct level *d = &s->top;
    uint64_t hit = in_find(s->in, at, s->in->len, end, sizeof end - 1);
    size_t to = hit == UINT64_MAX ? (size_t)s->in->len : (size_t)hit;

    if (at < to && s->in->bytes[at] == '\r')
        at++;
    if (at < to && s->in->bytes[at] == '\n')
        at++;
    if (d->seen[NAME_F])
        see(s, SCAN_STREAM_FILE);
    if (d->type == NAME_Metadata)
        see(s, SCAN_XMP);
    if (d->subtype == NAME_PS)
        see(s, SCAN_POSTSCRIPT);
    *next_out = to;
    return d->type == NAME_ObjStm ? object_stream_open(s, at, to - at) : 0;
}

/* ---- The file --------------------------------------------------------------------- */

/* The number before "G obj", or -1 when there is none. */
static int64_t object_number(const struct fmt_in *in, size_t keyword)
{
    size_t at = keyword;
    int64_t value = 0, unit = 1;

    for (int word = 0; word < 2; word++) {
        while (at > 0 && strchr(" \t\r\n", in->bytes[at - 1]) && in->bytes[at - 1])
            at--;
        size_t end = at;
        value = 0;
        unit = 1;
        for (; at > 0 && end - at < 10 && in->bytes[at - 1] >= '0' && in->bytes[at - 1] <= '9'; at--, unit *= 10)
            value += (in->bytes[at - 1] - '0') * unit;
        if (at == end)
            return -1;
    }
    return value;
}

/* The next keyword that begins something to look at, from a position on. */
struct cursor {
    const char *word;
    uint64_t at; /* UINT64_MAX: no more */
};

static void cursor_move(struct cursor *c, const struct fmt_in *in, uint64_t from)
{
    if (c->at == UINT64_MAX || (c->at >= from && c->at != 0))
        return;
    c->at = in_find(in, from, in->len, c->word, strlen(c->word));
}

static int hit_obj(struct scanner *s, size_t at, size_t *next_out)
{
    struct pdf_lexer l = {.bytes = s->in->bytes, .n = (size_t)s->in->len, .at = at + 3};
    bool stream;

    *next_out = at + 3;
    s->object = object_number(s->in, at);
    if (s->object < 0) /* endobj, or a word in some text */
        return 0;
    int err = object_read(s, &l, &stream);
    if (err < 0)
        return err;
    return stream ? stream_seen(s, l.at, next_out) : 0;
}

static int hit_trailer(struct scanner *s, size_t at, size_t *next_out)
{
    struct pdf_lexer l = {.bytes = s->in->bytes, .n = (size_t)s->in->len, .at = at + 7};
    bool stream;

    *next_out = at + 7;
    s->object = -1;
    return object_read(s, &l, &stream);
}

static int file_walk(struct scanner *s)
{
    struct cursor obj = {.word = "obj"}, trailer = {.word = "trailer"}, xref = {.word = "startxref"};
    size_t at = 0;

    for (;;) {
        cursor_move(&obj, s->in, at);
        cursor_move(&trailer, s->in, at);
        cursor_move(&xref, s->in, at);
        uint64_t hit = obj.at < trailer.at ? obj.at : trailer.at;
        hit = xref.at < hit ? xref.at : hit;
        if (hit == UINT64_MAX)
            return 0;
        int err = 0;
        if (hit == obj.at) {
            err = hit_obj(s, (size_t)hit, &at);
        } else if (hit == trailer.at) {
            err = hit_trailer(s, (size_t)hit, &at);
        } else {
            s->startxrefs++;
            at = (size_t)hit + 9;
        }
        if (err < 0)
            return err;
    }
}

/* Bytes outside the document: other formats hide there. */
static void edges_look(struct scanner *s)
{
    uint64_t head = in_find(s->in, 0, s->in->len, "%PDF-", 5), tail = in_rfind(s->in, 0, s->in->len, "%%EOF", 5);

    if (head != 0 && head != UINT64_MAX)
        see(s, SCAN_LEADING);
    for (uint64_t i = tail + 5; tail != UINT64_MAX && i < s->in->len; i++) {
        if (strchr(" \t\r\n", s->in->bytes[i])) /* NUL counts as blank: padding of old transfer protocols */
            continue;
        see(s, SCAN_TRAILING);
        return;
    }
}

/* OpenAction may point to an action or to a harmless destination: only now all objects are known. */
static void open_actions_settle(struct scanner *s)
{
    for (unsigned i = 0; i < s->open_actions; i++) {
        bool action = s->actions >= ACTIONS_MAX || s->scan->count[SCAN_UNSEEN] > 0;
        for (size_t a = 0; a < s->actions && !action; a++)
            action = s->action[a] == s->open_action[i];
        if (action)
            see(s, SCAN_OPEN_ACTION);
    }
}

int scan_run(struct fmt_job *job, struct scan *scan_out)
{
    struct scan scan = {0};
    scoped_free struct scanner *s = calloc(1, sizeof *s);

    if (!s)
        return ERR_NOMEM;
    s->job = job;
    s->scan = &scan;
    s->in = job_in(job);
    int err = file_walk(s);
    if (err == 0) {
        edges_look(s);
        open_actions_settle(s);
        if (s->encrypted)
            see(s, SCAN_ENCRYPTION);
        uint32_t ends = s->linearized ? 2 : 1; /* a linearized file has a second, earlier end (Annex F) */
        if (s->startxrefs > ends)
            scan.count[SCAN_REVISION] = s->startxrefs - ends;
    }
    scanner_clear(s);
    if (err < 0)
        return err;
    *scan_out = scan;
    return 0;
}

int scan_report(struct fmt_job *job, const struct scan *scan)
{
    static const struct {
        enum finding_kind kind;
        const char *words;
    } rows[SCAN_KINDS] = {
#define X(id, kind, words) [SCAN_##id] = {FINDING_##kind, words},
        SCAN_LIST(X)
#undef X
    };

    for (unsigned i = 0; i < SCAN_KINDS; i++) {
        int err = scan->count[i] ? job_finding(job, rows[i].kind, rows[i].words, scan->count[i], "") : 0;
        if (err < 0)
            return err;
    }
    return 0;
}
