using NJepa.Models;

namespace NJepa.Interop;

/// <summary>An encoder from a file, and what matched.</summary>
/// <param name="Encoder">The encoder.</param>
/// <param name="Report">What matched, what did not and why.</param>
/// <remarks>Dispose it to free the encoder.</remarks>
public sealed record ImportedEncoder(ViTEncoder Encoder, WeightsReport Report) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Encoder.Dispose();
}
