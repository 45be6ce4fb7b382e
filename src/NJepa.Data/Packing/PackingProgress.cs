namespace NJepa.Data;

/// <summary>How far the packing of images is.</summary>
/// <param name="Done">Images packed so far, bad ones included.</param>
/// <param name="Count">All images.</param>
/// <param name="Bytes">Bytes of pixels written so far.</param>
/// <param name="ExpectedBytes">
/// The size of the finished file in bytes, from the sizes of up to 256 images spread over the source: nearly exact for fewer, an estimate
/// for more.
/// </param>
public sealed record PackingProgress(int Done, int Count, long Bytes, long ExpectedBytes)
{
    /// <summary>One line for a console.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"packed {Done} of {Count} images, {Bytes / 1e6:0} MB of about {ExpectedBytes / 1e6:0} MB");
}
