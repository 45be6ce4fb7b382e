using System.Diagnostics.CodeAnalysis;

namespace NJepa.Evaluation;

/// <summary>In which type cached patch features are kept. Probes compute in float32 either way.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The types' own names.")]
public enum PatchPrecision
{
    /// <summary>Two bytes a number: three significant digits, at most 65504. Features after a LayerNorm are far inside that range.</summary>
    Float16,

    /// <summary>Four bytes a number: as the encoder gave them.</summary>
    Float32,
}
