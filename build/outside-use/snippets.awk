# Writes every ```csharp block of a Markdown file to a compilable file of its own.
#   awk -v document=README.md -v folder=out -f snippets.awk README.md
# A block becomes a method in a class in a namespace of its own; its using directives go to the top of the file, and type declarations
# at its end (from the first line that starts one in the first column) stand beside the class. #line makes the compiler name the document.
# A block right below the comment <!-- snippet: no-compile --> is left out.

function flush_snippet(    name, path, id, i) {
    id = document
    gsub(/[^A-Za-z0-9]/, "_", id)
    name = id "_line_" first
    path = folder "/" name ".cs"
    for (i = 1; i <= count; i++)
        if (kind[i] == "using") print line_directive(i) "\n" text[i] > path
    print "namespace Snippets." name "\n{" > path
    print "internal sealed class Snippet : Snippets.SnippetContext\n{\ninternal static async System.Threading.Tasks.Task" (returns ? "<int>" : "") " Run(string[] args)\n{" > path
    for (i = 1; i <= count; i++)
        if (kind[i] == "statement") print line_directive(i) "\n" text[i] > path
    print "#line default" > path
    print "await System.Threading.Tasks.Task.CompletedTask;" (returns ? " return 0;" : "") "\n}\n}" > path
    for (i = 1; i <= count; i++)
        if (kind[i] == "type") print line_directive(i) "\n" text[i] > path
    print "#line default\n}" > path
    close(path)
    written++
}

function line_directive(i) { return "#line " (first + i) " \"" document "\"" }

BEGIN { inside = 0; written = 0; skipped = 0; marked = 0 }

{ sub(/\r$/, "") }

!inside && /^[ \t]*```(csharp|cs|c#)[ \t]*$/ {
    inside = 1; first = FNR; count = 0; types = 0; returns = 0; skip = marked
    match($0, /^[ \t]*/); indent = RLENGTH
    next
}

!inside && /^[ \t]*```/ { inside = 2; marked = 0; next }
inside == 2 { if ($0 ~ /^[ \t]*```[ \t]*$/) inside = 0; next }

inside == 1 && /^[ \t]*```[ \t]*$/ {
    if (skip) skipped++; else flush_snippet()
    inside = 0; marked = 0
    next
}

inside == 1 {
    line = $0
    for (i = 0; i < indent && line ~ /^[ \t]/; i++) line = substr(line, 2)
    count++
    text[count] = line
    if (!types && line ~ /^((public|internal|private|sealed|static|abstract|readonly|partial|file|ref) +)*(class|record|struct|interface|enum) /) types = 1
    if (types) kind[count] = "type"
    else if (line ~ /^(global +)?using +(static +)?[A-Za-z_][A-Za-z0-9_.]*( *= *[A-Za-z_][A-Za-z0-9_.<>, ]*)?;[ \t]*$/) kind[count] = "using"
    else kind[count] = "statement"
    if (kind[count] == "statement" && line ~ /(^|[^A-Za-z0-9_])return +[^; ]/) returns = 1
    next
}

/<!-- *snippet: *no-compile *-->/ { marked = 1; next }
/[^ \t]/ { marked = 0 }

END {
    if (inside) { print document ": a code block that starts at line " first " has no end" > "/dev/stderr"; exit 1 }
    print written " compiled, " skipped " left out"
}
