namespace NJepa.Noise;

/// <summary>
/// The noise of one step: for every mask token of every target block the values to add to its position embedding.
/// B images, M target blocks per image, T patches per block, P channels of the position embedding.
/// </summary>
public sealed class PositionNoiseBatch
{
    internal PositionNoiseBatch(int images, int blocks, int targetLength, int width)
    {
        Images = images;
        Blocks = blocks;
        TargetLength = targetLength;
        Width = width;
        Levels = new NoiseLevel[images * blocks];
        Values = new float[(long)images * blocks * targetLength * width];
    }

    /// <summary>B, the number of images.</summary>
    public int Images { get; }

    /// <summary>M, the number of target blocks per image.</summary>
    public int Blocks { get; }

    /// <summary>T, the number of patches per target block.</summary>
    public int TargetLength { get; }

    /// <summary>P, the number of channels.</summary>
    public int Width { get; }

    /// <summary>The noise level of each image and block, <c>[B,M]</c> row-major. In single-level noise the blocks of an image share one.</summary>
    public NoiseLevel[] Levels { get; }

    /// <summary>The noise <c>sigma * eps</c>, <c>[B,M,T,P]</c> row-major.</summary>
    public float[] Values { get; }

    /// <summary>Whether any level multiplies the position embedding by something other than 1.</summary>
    public bool ScalesSignal => Array.Exists(Levels, level => level.SignalScale != 1f);
}
