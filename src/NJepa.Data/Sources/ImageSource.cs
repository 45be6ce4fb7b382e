namespace NJepa.Data;

/// <summary>Opens images by what a path is: a folder tree or a zip archive of one.</summary>
public static class ImageSource
{
    /// <summary>Opens a folder as <see cref="ImageFolder"/> or a zip file as <see cref="ImageArchive"/>.</summary>
    /// <param name="folderOrZip">The path of a folder or of a zip file.</param>
    /// <param name="split"> The split folder to read, such as <c>train</c>; null reads all images. See <see cref="ImageFolder"/> for the
    /// layout.
    /// </param>
    /// <returns>The images in ordinal order of their paths. An <see cref="ImageArchive"/> holds its file open until it is disposed or
    /// collected.</returns>
    /// <exception cref="ArgumentException">The path is null or empty.</exception>
    /// <exception cref="ImageSourceException">There is nothing at the path, it holds no images, or the split is unknown.</exception>
    public static IImageSource Open(string folderOrZip, string? split = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folderOrZip);
        if (Directory.Exists(folderOrZip))
        {
            return ImageFolder.Open(folderOrZip, split);
        }

        if (File.Exists(folderOrZip))
        {
            return ImageArchive.Open(folderOrZip, split);
        }

        throw new ImageSourceException(
            $"There is no folder or zip file '{folderOrZip}'. Check the path (it was looked for at '{Path.GetFullPath(folderOrZip)}').");
    }
}
