// What the snippets of the documents may take for granted, as a method of a user's would have it. A snippet that declares one of these
// itself hides the one here. Keep it short: what is named here, a reader must guess.
namespace Snippets;

internal abstract class SnippetContext
{
    protected static CancellationToken cancellationToken => CancellationToken.None;
}
