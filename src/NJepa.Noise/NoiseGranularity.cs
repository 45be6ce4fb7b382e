namespace NJepa.Noise;

/// <summary>How many independent maps of noise an image gets (N-JEPA, "multi-level noise").</summary>
public enum NoiseGranularity
{
    /// <summary>One level sigma and one map eps over the patches per image, read by all target blocks.</summary>
    SingleLevel,

    /// <summary>An independent level and map per image and per target block.</summary>
    MultiLevel,
}
