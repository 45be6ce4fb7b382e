using System.Text;

namespace NJepa.Masking;

/// <summary>Layout of the text picture of a mask.</summary>
internal static class MaskPicture
{
    private const string BlockNames = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    public static char NameOf(int block) => block < BlockNames.Length ? BlockNames[block] : '#';

    // A terminal cell is about twice as high as wide, so a space between the patches makes the grid look square.
    public static string Layout(ReadOnlySpan<char> patches, int columns)
    {
        var text = new StringBuilder(patches.Length * 2);
        for (int i = 0; i < patches.Length; i++)
        {
            if (i > 0)
            {
                text.Append(i % columns == 0 ? '\n' : ' ');
            }

            text.Append(patches[i]);
        }

        return text.ToString();
    }
}
