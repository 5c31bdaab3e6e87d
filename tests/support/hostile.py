"""Templates that try to take all time or memory, to end the process, or to get out of the sandbox."""

from __future__ import annotations

import os
from pathlib import Path

# What they see: loops over `many` nest, `big` is long, `text` makes patterns run away.
PAYLOAD = {
    "many": list(range(200)),
    "text": "x" * 5000,
    "big": [f"k{n}" for n in range(100_000)],
    "num": 1,
}

# Loops and other work without end.
TIME = {
    "cycler2": (
        "{% set c=cycler(1) %}{% for a in payload.many %}{% for b in payload.many %}{% "
        "for d in payload.many %}{% set _=c.next() %}{% endfor %}{% endfor %}{% endfor %}"
    ),
    "count_in": "{% for a in payload.big %}{% if a in payload.big %}{% endif %}{% endfor %}",
    "gen_loop": ("{% for x in payload.big %}{% for y in loop.previtem or [] %}{% endfor %}{% endfor %}"),
    "round": "{{ 10 | round(-100000000) }}",
    "sum_lists": "{{ (payload.big | batch(1) | list) | sum(start=[]) }}",
    "sum_strs": "{% set x = payload.big | batch(2)|list %}{{ x | sum(start=[]) | length }}",
    "sort": "{{ (payload.big*9) | sort | length }}",
    "groupby": "{{ payload.big | groupby(0) | length }}",
    "groupby_nested": (
        "{{ payload.big | map('list') | groupby(0) | map(attribute='list') | map('length') | list }}"
    ),
    "dictsort": ("{{ dict(payload.big | map('list') | map('first') | list | batch(2) | list) | dictsort }}"),
    "map_tojson": "{{ payload.big | map('tojson') | join | length }}",
    "random_seed": "{{ payload.big | shuffle }}",
    "min": "{{ payload.big | min }}",
    "unique": "{{ payload.big | unique | list | length }}",
    "reverse": "{{ (payload.text*150) | reverse }}",
    "extend_iter": "{% set l=[1] %}{% for a in l %}{% set _=l.append(a) %}{% endfor %}",
    "dict_iter": "{% set d={1:1} %}{% for k in d %}{% set _=d.update({k+1:1}) %}{% endfor %}",
    "cycler": "{{ cycler(*payload.big).next() }}",
    "joiner": "{% set j=joiner('x'*100000) %}{% for a in payload.big %}{{ j() }}{% endfor %}",
    "lipsum": "{{ lipsum(n=10**6) }}",
    "lipsum_max": "{{ lipsum(n=1,min=10**7,max=10**8) }}",
    "loop_huge_output": "{% for a in payload.big %}{{ payload.text }}{% endfor %}",
    "find": "{{ ('a'*900000).find('a'*450000~'b') }}",
    "count_sub": "{{ ('a'*900000).count('a'*450000~'b') }}",
    "eq": "{{ payload == payload }}",
    "test_in": "{{ 1 is in(payload.big) }}",
    "map_attr": "{{ [payload] | map(attribute='__class__') | list }}",
}

# Texts, lists and numbers that double or are as long as one asks.
SIZE = {
    "int_pow": "{{ 7 ** 3000 ** 1 }}",
    "pow_neg": "{{ 2.0 ** 100000 }}",
    "pow_chain": (
        "{% set ns=namespace(x=2) %}{% for i in payload.many %}{% set ns.x = ns.x ** 2 %}{% endfor %}"
    ),
    "a_times_1e9": "{{ 'a' * 10**9 }}",
    "list_times_": "{{ [0]*10**9 }}",
    "tuple_times_": "{{ (0,)*10**9 }}",
    "bytes_times_": "{{ 'a'.encode() * 10**9 }}",
    "str_plus": (
        "{% set ns = namespace(s='x') %}{% for a in payload.many %}{% set ns.s = ns.s + ns.s %}{% endfor %}"
    ),
    "str_tilde": (
        "{% set ns = namespace(s='x') %}{% for a in payload.many %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}"
    ),
    "list__plus": (
        "{% set ns=namespace(l=[1]) %}{% for a in payload.many %}{% set ns.l = ns.l + ns.l %}{% endfor %}"
    ),
    "extend": "{% set l=[1] %}{% for a in payload.many %}{% set _=l.extend(l) %}{% endfor %}",
    "center": "{{ 'x' | center(10**9) }}",
    "ljust": "{{ 'x'.ljust(10**9) }}",
    "zfill": "{{ 'x'.zfill(10**10) }}",
    "expandtabs": "{{ '\t'.expandtabs(10**9) }}",
    "indent": "{{ ('a\n'*300000) | indent(10**6) }}",
    "indent2": "{{ 'a\nb' | indent(10**9) }}",
    "str_replace": "{{ ('a'*1000000).replace('a','b'*1000000) }}",
    "filter_replace": "{{ ('a'*1000000) | replace('a','b'*1000000) }}",
    "join": "{{ payload.big | join('x'*1000000) }}",
    "str_join": "{{ ('x'*1000000).join(payload.big) }}",
    "translate": "{{ ('a'*1000000).translate({97:'b'*100000}) }}",
    "truncate": "{{ ('a '*400000) | truncate(10**9) }}",
    "batch": "{{ [1] | batch(10**9, 0) | list }}",
    "batch2": "{{ payload.big | batch(1, 'x') | list | length }}",
    "slice": "{{ [1] | slice(10**9) | list }}",
    "slice0": "{{ [1] | slice(0) | list }}",
    "wordwrap": "{{ ('a '*400000) | wordwrap(1) }}",
    "wordwrap0": "{{ 'abc' | wordwrap(0) }}",
    "wordwrap2": "{{ ('a'*900000) | wordwrap(1) }}",
    "filter_block": "{% filter center(10**9) %}x{% endfilter %}",
    "concat_chain": "{{ 'a'*1000000 ~ 'a'*1000000 ~ 'a'*1000000 }}",
    "int_percent": "{{ (10**2900) % 7 }}",
    "int_div": "{{ (10**2900) // 3 }}",
    "int_str": "{{ (7 ** 3500) | string | length }}",
    "fmt_int": "{{ '%d' % (2**9999) }}",
    "str_mult_via_float": "{{ 'a' * 1e9 }}",
    "neg_shift": "{{ 1 // 0 }}",
    "bigslice": "{{ payload.text[0:10**12] | length }}",
    "slicing": "{{ payload.big[::-1] | length }}",
    "split": "{{ ('a '*400000).split() | length }}",
    "casefold": "{{ ('ß'*900000).casefold() | length }}",
    "autoescape": "{% autoescape true %}{{ '<' * 900000 }}{% endautoescape %}",
}

# Formats that pad, walk or are compiled.
FORMATS = {
    "percent": "{{ '%0999999999d' % 1 }}",
    "percent_big": "{{ '%s' % payload }}",
    "format_w": "{{ '{:>999999999}'.format(1) }}",
    "format_attr": "{{ '{0.__class__}'.format(payload) }}",
    "format_map": "{{ '{a.__class__}'.format_map({'a':payload}) }}",
    "format_filter": "{{ '%0999999999d' | format(1) }}",
    "format_nested": "{{ '{0:{1}}'.format(1, 10**9) }}",
    "format_float": "{{ '%.999999999f' % 1.5 }}",
    "format_str_method": "{% set f='{0.__class__.__mro__}'.format %}{{ f(1) }}",
    "map_format": "{{ ['{0.__class__}'] | map('format', payload) | list }}",
    "str_add_percent": "{{ ('%s' * 400000) % (payload.big*4)|tuple }}",
    "percent_tuple": "{{ '%*d' % (10**9, 1) }}",
    "strftime": "{{ time() | datetimeformat('%Y'*200000) }}",
    "strftime2": "{{ time() | datetimeformat('%999999999d') }}",
    "strptime": "{{ ('1'*900000) | datetimeparse('%d'*3000) }}",
    "strptime_re": "{{ ('1'*90) | datetimeparse('%d'*90) }}",
    "strptime_ws": "{{ (' '*900000) | datetimeparse((' %d'*50) ~ 'x') }}",
    "filesize": "{{ (10**3000) | filesizeformat }}",
}

# Ways from a value to the interpreter, its files and its environment.
WALKS = {
    "attr_filter": "{{ payload | attr('__class__') }}",
    "attr_chain": "{{ [''] | map(attribute='__class__.__mro__') | list }}",
    "select_attr": "{{ [payload] | selectattr('__class__') | list }}",
    "groupby_attr": "{{ [payload] | groupby('__class__') }}",
    "sum_attr": "{{ [payload] | sum(attribute='__class__') }}",
    "sort_attr": "{{ [payload] | sort(attribute='__class__') }}",
    "namespace": "{% set n=namespace(__class__=1) %}{{ n.__class__ }}",
    "globals_time": "{{ time.__globals__ }}",
    "lipsum_glob": "{{ lipsum.__globals__['os'].environ }}",
    "cycler_init": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "joiner_glob": "{{ joiner.__init__.__globals__ }}",
    "self": "{{ self._TemplateReference__context }}",
    "ctx": "{{ self.__init__.__globals__ }}",
    "undefined": "{{ undefined_thing.__class__.__init__.__globals__ }}",
    "gen": "{{ (payload.many | map('string')).gi_frame.f_globals }}",
    "gen2": "{{ (payload.many | select).gi_code }}",
    "func_attr": "{{ time.__code__ }}",
    "class_getitem": "{{ payload['__class__'] }}",
    "set_attr": "{% set payload.x = 1 %}",
    "maketrans": "{{ 'a'.maketrans({'a':'b'}) }}",
    "range": "{{ range(10) }}",
    "debug": "{% debug %}",
    "do": "{% do 1 %}",
    "trans": "{% trans %}x{% endtrans %}",
}

# Calls and values within themselves.
DEPTH = {
    "macro": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "macro2": "{% macro a(n) %}{{ a(n)~a(n) }}{% endmacro %}{{ a(1) }}",
    "caller": (
        "{% macro a() %}{{ caller() }}{% endmacro %}{% call a() %}{% call a() %}x{% endcall %}{% endcall %}"
    ),
    "recursive_loop": "{% for a in payload.rec recursive %}{{ loop(a) }}{% endfor %}",
    "self_block": "{% block b %}{{ self.b() }}{% endblock %}",
    "self_ref": "{% set l=[] %}{% set _=l.append(l) %}{{ l | tojson }}{{ l | pprint }}{{ l }}",
    "self_ref_deep": "{% set l=[] %}{% for i in payload.big %}{% set l=[l] %}{% endfor %}{{ l }}",
    "ns_nest": (
        "{% set ns=namespace(l=[]) %}{% for i in payload.big %}{% set ns.l=[ns.l] %}{% endfor %}{{ ns.l }}"
    ),
    "ns_nest_tojson": (
        "{% set ns=namespace(l=[]) %}{% for i in payload.big %}{% set ns.l=[ns.l] %}{% "
        "endfor %}{{ ns.l | tojson }}"
    ),
    "ns_nest__equal": (
        "{% set ns=namespace(l=[],k=[]) %}{% for i in payload.big %}{% set ns.l=[ns.l] %}"
        "{% set ns.k=[ns.k] %}{% endfor %}{{ ns.l == ns.k }}"
    ),
    "ns_nest_pretty": (
        "{% set ns=namespace(l=[]) %}{% for i in payload.big %}{% set ns.l=[ns.l] %}{% "
        "endfor %}{{ ns.l | tojson_pretty }}"
    ),
    "ns_nest_dict_hash": (
        "{% set ns=namespace(l=(1,)) %}{% for i in payload.big %}{% set ns.l=(ns.l,) %}"
        "{% endfor %}{{ {ns.l: 1} }}"
    ),
    "nested_dict_cmp": (
        "{% set ns=namespace(l={}) %}{% for i in payload.big %}{% set ns.l={'a':ns.l} %}"
        "{% endfor %}{{ ns.l }}"
    ),
    "parse_json_deep": "{{ ('['*900000) | parse_json }}",
}

# Filters and methods on what is large or odd.
FILTERS = {
    "tojson": "{{ payload | tojson }}",
    "tojson_indent": "{{ payload.big | tojson(indent=10**6) }}",
    "tojson_indent_1e9": "{{ [1] | tojson(indent=10**9) }}",
    "pprint": "{{ payload | pprint }}",
    "pprint_big": "{{ (payload.big*9) | pprint }}",
    "xmlattr": "{{ dict(a=payload.text*100) | xmlattr }}",
    "urlize": "{{ ('http://a.b '*80000) | urlize }}",
    "urlize2": "{{ ('('*50000 ~ 'http://a.b' ~ ')'*50000) | urlize }}",
    "urlize3": "{{ ('www.'*200000) | urlize }}",
    "urlize_trim": "{{ (('a'*900000)~'.com') | urlize }}",
    "striptags": "{{ ('<'*900000) | striptags }}",
    "striptags2": "{{ ('<!--'*200000) | striptags }}",
    "wordcount": "{{ ('a '*400000) | wordcount }}",
    "title": "{{ ('a-'*400000) | title }}",
    "escape": "{{ ('&'*900000) | escape }}",
    "forceescape": "{{ ('&'*900000) | forceescape|forceescape|forceescape }}",
    "urlencode": "{{ ('ü'*900000) | urlencode }}",
    "urlencode2": "{{ payload | urlencode }}",
    "b64": "{{ ('QUFB'*240000) | b64decode | length }}",
    "parse_int": "{{ ('9'*900000) | parse_json }}",
    "int": "{{ ('9'*900000) | int }}",
    "float": "{{ ('9'*900000) | float }}",
    "timedelta": "{{ ('1'*900000~'d') | timedeltaparse }}",
    "iso": "{{ ('1'*900000) | iso8601_to_time }}",
    "zone": "{{ time() | datetimeformat_as_timezone('%H','../'*100000) }}",
    "encode_idna": "{{ ('a.'*100000).encode('idna') }}",
    "encode_punycode": "{{ ('ü'*200000).encode('punycode') }}",
    "decode_zlib": "{{ ('x'*1000).encode().decode('zlib') }}",
    "bytes": "{{ 'x'.encode().decode('unicode_escape') }}",
    "dict_big": "{{ dict(payload.big | map('trim') | map('list') | list) }}",
    "random": "{{ payload.big | random }}",
    "startswith": "{{ payload.text.startswith(('x',)*1000000) }}",
    "partition": "{{ payload.text.partition('x') }}",
}

# Patterns that run away, while compiled or while matched.
REGEXES = {
    "regex": "{{ payload.text | regex_search('(x+x+)+y') }}",
    "regex_replace": "{{ payload.text | regex_replace('(?:a{1000}){1000}{1000}','') }}",
    "regex_fuzzy": "{{ payload.text | regex_search('(?:xxxxxxxxxxxxxxxxx){e<=12}y') }}",
    "regex_comp": "{{ 'a' | regex_search('(?:'~'a|b'*3000~')') }}",
    "regex_big_class": "{{ 'a' | regex_search('(?i)' ~ '[a-z&&[^aeiou]]'*600) }}",
    "regex_setunion": "{{ 'a' | regex_search('\\\\p{L}'*900) }}",
    "regex_repl_huge": "{{ (payload.text*100) | regex_replace('x', 'y'*10000) }}",
    "regex_named": "{{ 'a' | regex_search('(?P<a>a)'*1000) }}",
    "regex_lookbehind": "{{ payload.text | regex_search('(?<=(x+)+)y') }}",
    "regex_recursive": "{{ ('('*100000) | regex_search('\\\\((?R)*\\\\)') }}",
    "regex_many": "{% for a in payload.big %}{{ 'a' | regex_search(a) }}{% endfor %}",
    "regex_slow_many": (
        "{% for a in payload.many %}{{ payload.text | regex_search('(x+x+)+y') }}{% endfor %}"
    ),
}

# What is too much for the compiler, or just not for it.
SOURCES = {
    "filters": "{{ 1" + " | string" * 4000 + " }}",
    "additions": "{{ 1" + " + 1" * 8000 + " }}",
    "parentheses": "{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}",
    "ifs": "{% if 1 %}" * 90 + "{% endif %}" * 90,
    "fors": "{% for x in [1] %}" * 19 + "{% endfor %}" * 19,
    "long": "x" * 50_000,
    "variables": "".join(f"{{{{ v{n} }}}}" for n in range(5500)),
    "assignments": "".join(f"{{% set v{n}=1 %}}" for n in range(3000)),
    "comment": "{#" + "x" * 49_000 + "#}",
    "unclosed": "{{ '" + "x" * 40_000,
    "backslashes": "{{ '" + "\\\\" * 20_000 + "' }}",
    "tags": "{%" * 20_000,
    "braces": "{" * 49_000,
    "lines": "\n" * 49_000,
}
NESTED_LOOPS = (
    "{% set v = payload.many %}" + "".join(f"{{% for a{n} in v %}}" for n in range(4)) + "{% endfor %}" * 4
)
# One instruction of the interpreter that takes minutes: only the end of the process stops it.
UNSTOPPABLE = "{{ (payload.big | batch(1) | list) | sum(start=[]) }}"

HOSTILE: dict[str, str] = {
    "nested_loops": NESTED_LOOPS,
    **{
        f"{kind}-{name}": source
        for kind, sources in (
            ("time", TIME),
            ("size", SIZE),
            ("format", FORMATS),
            ("walk", WALKS),
            ("depth", DEPTH),
            ("filter", FILTERS),
            ("regex", REGEXES),
            ("source", SOURCES),
        )
        for name, source in sources.items()
    },
}


def cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
