using System.Globalization;
using System.Text;

namespace NJepa.Data;

/// <summary>
/// The list of <see cref="ImageLoader.BadImages"/> as a file: comma-separated values (RFC 4180) with the columns <c>index,name,reason</c>
/// in UTF-8, for people, spreadsheets, and a run that goes on later (<see cref="ImageLoader.Remember"/>).
/// </summary>
/// <remarks>
/// A name may hold anything: fields with commas, quotes or line breaks are quoted. A text that a spreadsheet would take for a formula (it
/// begins with =, +, -, @, a tab or a carriage return), or that begins with an apostrophe, has an apostrophe put before it, which
/// <see cref="Read(string)"/> takes away again. What was written is read back unchanged, but for halves of surrogate pairs, which UTF-8 has not.
/// </remarks>
public static class BadImageReport
{
    /// <summary>Over a million images at usual lengths of paths.</summary>
    internal const long MaxBytes = 256L << 20;

    private const string Header = "index,name,reason";
    private const string LineEnd = "\r\n";

    /// <summary>
    /// Writes the list, an empty one as the header alone. Written beside its place, flushed and renamed: whoever reads meanwhile, or after
    /// a crash, finds the old list or the new one.
    /// </summary>
    /// <param name="path">Where the file goes; a file that is there is replaced. The folder must exist.</param>
    /// <param name="images">The images, in the order to write.</param>
    /// <exception cref="ArgumentException">The path is null or empty, or the list takes more than the 268,435,456 bytes that
    /// <see cref="Read(string)"/> accepts.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public static void Write(string path, IReadOnlyList<BadImage> images) => Write(path, images, MaxBytes);

    /// <summary>Reads a list.</summary>
    /// <param name="path">A file that <see cref="Write(string, IReadOnlyList{BadImage})"/> wrote; a spreadsheet may have saved it again, as
    /// comma-separated values in UTF-8.</param>
    /// <exception cref="ArgumentException">The path is null or empty.</exception>
    /// <exception cref="InvalidDataException">The file is longer than 268,435,456 bytes or is no such list; the message says where.</exception>
    /// <exception cref="IOException">The file does not exist or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be read.</exception>
    public static IReadOnlyList<BadImage> Read(string path) => Read(path, MaxBytes);

    internal static void Write(string path, IReadOnlyList<BadImage> images, long maxBytes)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(images);
        string fullPath = Path.GetFullPath(path);
        string temporary = $"{fullPath}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                using (var writer = new StreamWriter(file, leaveOpen: true))
                {
                    writer.Write(Header + LineEnd);
                    foreach (BadImage image in images)
                    {
                        writer.Write(string.Create(CultureInfo.InvariantCulture, $"{image.Index},{Field(image.Name)},{Field(image.Reason)}{LineEnd}"));
                    }
                }

                if (file.Length > maxBytes)
                {
                    throw new ArgumentException(
                        $"The list of {images.Count} bad images takes {file.Length} bytes; at most {maxBytes} can be read again. Write fewer of them.", nameof(images));
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, fullPath, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    internal static IReadOnlyList<BadImage> Read(string path, long maxBytes)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (file.Length > maxBytes)
        {
            throw Damaged(path, $"it has {file.Length} bytes, more than the {maxBytes} of a list of bad images");
        }

        byte[] bytes = new byte[(int)file.Length];
        file.ReadExactly(bytes);
        try
        {
            return new BadImageReportParser(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), Header).Parse();
        }
        catch (Exception e) when (e is InvalidDataException or DecoderFallbackException)
        {
            throw Damaged(path, e is InvalidDataException ? e.Message : "it is not UTF-8");
        }
    }

    /// <summary>Whether a text gets an apostrophe put before it.</summary>
    internal static bool IsGuarded(string text) => text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\'';

    private static string Field(string text)
    {
        string guarded = IsGuarded(text) ? "'" + text : text;
        return guarded.AsSpan().IndexOfAny(",\"\r\n") < 0 ? guarded : $"\"{guarded.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static InvalidDataException Damaged(string path, string what) => new(
        $"The list of bad images '{path}' cannot be read: {what}. Delete the file; the images are then found again.");

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is being reported already matters more.
        }
    }
}
