namespace NJepa.Noise;

/// <summary>
/// Draws the noise of the noisy predictor's mask tokens (N-JEPA, "Diffusion noise" and "Multi-level noise"):
/// <c>n = sigma * eps</c> with <c>eps ~ N(0, I)</c> over patches and channels, one map per image or one per image and target block.
/// </summary>
/// <remarks>
/// Deterministic: the noise of an image is a pure function of (seed, step, sample index); it does not depend on the rest of the batch, on threads or on
/// the device. Only the patches that a target block covers are computed. Safe to use from several threads.
/// </remarks>
public sealed class PositionNoiseSampler
{
    private const long MaxBlocksPerImage = 1L << 16;

    /// <summary>A sampler of the given noise.</summary>
    /// <param name="noise">The distribution of noise levels.</param>
    /// <param name="granularity">One map per image, or one per image and target block.</param>
    /// <param name="width">P, the number of channels of the position embedding; even, at least 2.</param>
    /// <exception cref="ArgumentException">The noise's settings or the width cannot be used; the message lists every reason.</exception>
    public PositionNoiseSampler(PositionNoise noise, NoiseGranularity granularity, int width)
    {
        ArgumentNullException.ThrowIfNull(noise);
        var errors = new List<string>(noise.Validate());
        if (!Enum.IsDefined(granularity))
        {
            errors.Add($"The noise granularity is {granularity}; it must be SingleLevel or MultiLevel.");
        }

        if (width < 2 || width % 2 != 0)
        {
            errors.Add($"The width of the position embedding is {width}; it must be an even number of at least 2.");
        }

        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, errors));
        }

        (Noise, Granularity, Width) = (noise, granularity, width);
    }

    /// <summary>The distribution of noise levels.</summary>
    public PositionNoise Noise { get; }

    /// <summary>One map per image, or one per image and target block.</summary>
    public NoiseGranularity Granularity { get; }

    /// <summary>P, the number of channels.</summary>
    public int Width { get; }

    /// <summary>Draws the noise of one step.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="sampleIndices">B global sample indices, one per image.</param>
    /// <param name="targets">Patch indices of the target blocks, <c>[B,M,T]</c> row-major.</param>
    /// <param name="blocks">M, the number of target blocks per image.</param>
    /// <exception cref="ArgumentException">The number of patch indices is not a multiple of B x M, or M is outside 1..65535.</exception>
    public PositionNoiseBatch Sample(ulong seed, long step, ReadOnlySpan<long> sampleIndices, ReadOnlySpan<int> targets, int blocks)
    {
        if (blocks < 1 || blocks >= MaxBlocksPerImage || sampleIndices.IsEmpty || targets.IsEmpty || targets.Length % ((long)sampleIndices.Length * blocks) != 0)
        {
            throw new ArgumentException(
                $"{targets.Length} target patches do not divide into {sampleIndices.Length} images of {blocks} blocks; give [B,M,T] patch indices with B and M at least 1 (M below {MaxBlocksPerImage}).");
        }

        int length = targets.Length / (sampleIndices.Length * blocks);
        var batch = new PositionNoiseBatch(sampleIndices.Length, blocks, length, Width);
        Span<float> values = batch.Values;
        for (int image = 0; image < sampleIndices.Length; image++)
        {
            for (int block = 0; block < blocks; block++)
            {
                long map = (sampleIndices[image] * MaxBlocksPerImage) + (Granularity == NoiseGranularity.MultiLevel ? block : 0);
                NoiseLevel level = DrawLevel(seed, step, map);
                batch.Levels[(image * blocks) + block] = level;
                if (level.Sigma == 0f)
                {
                    values = values[(length * Width)..];
                    continue;
                }

                ulong key = CounterRandom.Key(seed, RandomPurpose.NoiseMap, step, map);
                foreach (int patch in targets.Slice(((image * blocks) + block) * length, length))
                {
                    GaussianField.FillRow(key, patch, level.Sigma, values[..Width]);
                    values = values[Width..];
                }
            }
        }

        return batch;
    }

    private NoiseLevel DrawLevel(ulong seed, long step, long map)
    {
        CounterRandom random = CounterRandom.Create(seed, RandomPurpose.NoiseLevel, step, map);
        (double normal, _) = random.NextNormalPair();
        return Noise.LevelFrom(normal, random.NextDouble());
    }
}
