namespace NJepa.Data;

/// <summary>Loads single samples, replacing bad images where asked to. Shared by all threads; each brings its own decoder.</summary>
internal sealed class SampleLoader(IImageSource source, ImageTransform transform, ulong seed, bool replace, BadImageLog badImages)
{
    /// <summary>Even with 99 % of the images bad, so many draws find a good one in all but 1 of 20,000 cases.</summary>
    private const int MaxDraws = 1000;

    private IDecodedImageSource? _decoded = source as IDecodedImageSource;

    public int ImageBytes { get; } = transform.ImageSize * transform.ImageSize * 3;

    /// <summary>Takes pixels from here from now on. Images are numbered as in the source, which still answers for names and labels.</summary>
    public void UsePacked(PackedImages packed) => _decoded = packed;

    /// <summary>Loads the image at one place of a batch.</summary>
    /// <returns>The index of the image used, or -1 when it is bad and not replaced.</returns>
    /// <exception cref="TooManyBadImagesException">Too many images are bad.</exception>
    /// <exception cref="ImageSourceException">The source failed.</exception>
    public int Load(BatchPlan plan, int place, ImageDecoder decoder, Span<byte> destination)
    {
        int index = plan.IndexAt(place);
        // The crop belongs to the place, not to the image found for it: a replacement that also occurs in its own right is cropped
        // differently there.
        var key = new SampleKey(seed, plan.Epoch, index);
        if (TryLoad(index, key, decoder, destination))
        {
            return index;
        }

        if (!replace)
        {
            return -1;
        }

        CounterRandom random = CounterRandom.Create(seed, RandomPurpose.ReplacementImage, plan.Epoch, index);
        for (int draw = 0; draw < MaxDraws; draw++)
        {
            int other = random.NextInt(source.Count);
            if (other != index && TryLoad(other, key, decoder, destination))
            {
                return other;
            }
        }

        throw new ImageSourceException(
            $"No image could be found to replace '{Printable.Name(source.GetName(index))}', which cannot be used: {MaxDraws} others were tried. " +
            "Repair the images, or lower MaxBadImageShare to stop earlier.");
    }

    private bool TryLoad(int index, SampleKey key, ImageDecoder decoder, Span<byte> destination)
    {
        try
        {
            if (_decoded is { } decoded)
            {
                string? reason = decoded.Draw(index, transform, key, decoder.Resampler, destination);
                if (reason is not null)
                {
                    badImages.Add(index, reason);
                    return false;
                }
            }
            else
            {
                using Stream stream = source.OpenRead(index);
                decoder.Render(stream, source.GetName(index), transform, destination, key.Seed, key.Epoch, key.Index);
            }

            badImages.Good(index);
            return true;
        }
        catch (Exception e) when (ImageFailure.Reason(e) is { } reason)
        {
            badImages.Add(index, reason);
        }
        catch (Exception e) when (!ImageFailure.IsFinal(e))
        {
            throw ImageFailure.OfSource(source, index, e);
        }

        return false;
    }
}
