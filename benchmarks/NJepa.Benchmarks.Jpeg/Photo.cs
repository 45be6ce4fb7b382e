using NJepa.Data;
using SkiaSharp;

namespace NJepa.Benchmarks.Jpeg;

/// <summary>One file and the crop to take from it.</summary>
internal sealed record Photo(string Path, int Index, PixelBox Box, long Pixels, long Bytes)
{
    /// <summary>Draws a box for each file; files that are no upright JPEGs are left out, for Pillow does not turn pictures upright.</summary>
    public static IReadOnlyList<Photo> Plan(IReadOnlyList<string> files, TrainingAugmentation crop, ulong seed)
    {
        var photos = new List<Photo>();
        foreach (string file in files)
        {
            using SKCodec? codec = SKCodec.Create(file);
            if (codec is { EncodedFormat: SKEncodedImageFormat.Jpeg, EncodedOrigin: SKEncodedOrigin.TopLeft })
            {
                (int width, int height) = (codec.Info.Width, codec.Info.Height);
                PixelBox box = RandomResizedCrop.Sample(crop, width, height, seed, epoch: 0, photos.Count);
                photos.Add(new Photo(file, photos.Count, box, (long)width * height, new FileInfo(file).Length));
            }
        }

        return photos;
    }
}
