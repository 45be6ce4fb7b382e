using System.Text.RegularExpressions;
using Google.Protobuf;
using NJepa.Onnx.Format;

namespace NJepa.Onnx.Writing;

/// <summary>Writes a model whole or not at all: beside the destination, flushed to disk, then renamed.</summary>
internal static partial class ModelFile
{
    /// <param name="path">The destination; an existing model is replaced, and its data with it.</param>
    /// <param name="hasData">Whether there is a file of data beside the model.</param>
    /// <param name="build">Makes the model; it gets that file, or null.</param>
    /// <returns>The full paths of what was written: the model, then its data.</returns>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static IReadOnlyList<string> Write(string path, bool hasData, Func<DataFile?, ModelProto> build)
    {
        string fullPath = Path.GetFullPath(path);
        if (Directory.Exists(fullPath))
        {
            throw new IOException($"'{path}' is a folder; give the path of a file in it, such as '{Path.Combine(path, "encoder.onnx")}'.");
        }

        if (Path.EndsInDirectorySeparator(fullPath))
        {
            throw new IOException($"'{path}' ends as a folder does; give the path of a file in it, such as '{Path.Combine(path, "encoder.onnx")}'.");
        }

        string folder = Path.GetDirectoryName(fullPath)!, name = Path.GetFileName(fullPath), temporaryData = $"{fullPath}.{Guid.NewGuid():N}.data.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            ModelProto model;
            string? dataName = null;
            using (DataFile? data = hasData ? new DataFile(temporaryData, name) : null)
            {
                model = build(data);
                dataName = data?.Finish();
            }

            // The model names its data: these must be there before it, and those of the old model until it is gone.
            FileReplacement.Write(fullPath, stream =>
            {
                model.WriteTo(stream);
                if (dataName is not null)
                {
                    File.Move(temporaryData, Path.Combine(folder, dataName), overwrite: true);
                }
            });
            DeleteOldData(folder, name, dataName);
            return dataName is null ? [fullPath] : [fullPath, Path.Combine(folder, dataName)];
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new IOException($"'{path}' cannot be written: {exception.Message.TrimEnd('.')}. Choose another path, or allow writing there.", exception);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw FileLimit.Explain(fullPath, exception);
        }
        finally
        {
            DeleteIfThere(temporaryData);
        }
    }

    [GeneratedRegex(@"^\.[0-9a-f]{16}\.data$")]
    private static partial Regex AfterModelName();

    private static void DeleteOldData(string folder, string model, string? current)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            string name = Path.GetFileName(file);
            if (name != current && name.StartsWith(model, StringComparison.Ordinal) && AfterModelName().IsMatch(name[model.Length..]))
            {
                DeleteIfThere(file);
            }
        }
    }

    // What cannot be deleted, because a program still has it open, only takes room.
    private static void DeleteIfThere(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
        }
    }
}
