namespace NJepa.Data;

/// <summary>
/// A list of encoded images, with class labels where they are known. Implement it to feed pretraining from anywhere (a database, object
/// storage, a packed file).
/// </summary>
/// <remarks>
/// The list must not change while it is in use: index <c>i</c> always names the same image, or shuffling and resuming lose their meaning.
/// All members are called by several loader threads at once.
/// </remarks>
public interface IImageSource
{
    /// <summary>The number of images.</summary>
    int Count { get; }

    /// <summary>The class names in ordinal order; a label is an index into this list. Empty when nothing is labelled.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>A name for messages and reports, such as the path inside the folder.</summary>
    /// <param name="index">The image, from 0 to <see cref="Count"/> - 1.</param>
    string GetName(int index);

    /// <summary>The label of an image: an index into <see cref="ClassNames"/>, or -1 when it has none.</summary>
    /// <param name="index">The image, from 0 to <see cref="Count"/> - 1.</param>
    int GetLabel(int index);

    /// <summary>Opens the encoded bytes (a JPEG, PNG, WebP or BMP file) of one image. The caller disposes the stream.</summary>
    /// <param name="index">The image, from 0 to <see cref="Count"/> - 1.</param>
    /// <remarks>
    /// An <see cref="IOException"/>, <see cref="InvalidDataException"/> or <see cref="UnauthorizedAccessException"/> marks this one image
    /// as bad: the loader replaces it and reports it. Any other exception ends the run.
    /// </remarks>
    Stream OpenRead(int index);

    /// <summary>
    /// A number that changes when the image's bytes do, as far as that can be told without reading them (a file's length and time, an
    /// archive's checksum): how <see cref="PackedImages"/> notice that they are out of date. Called once for each image.
    /// </summary>
    /// <param name="index">The image, from 0 to <see cref="Count"/> - 1.</param>
    /// <returns>By default 0 for every image: changed bytes under an unchanged name are then not noticed.</returns>
    long GetStamp(int index) => 0;
}
