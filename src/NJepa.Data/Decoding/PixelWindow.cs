namespace NJepa.Data;

/// <summary>The part of a picture that is at hand, or is needed: all of it, or a rectangle of its pixels.</summary>
internal readonly record struct PixelWindow(int Left, int Top, int Width, int Height)
{
    public int Right => Left + Width;

    public int Bottom => Top + Height;

    /// <summary>Whether another window lies in this one.</summary>
    public bool Contains(PixelWindow other) =>
        other.Left >= Left && other.Top >= Top && other.Right <= Right && other.Bottom <= Bottom;

    /// <summary>The window and so many columns more on both sides, as far as the picture goes.</summary>
    public PixelWindow Widen(int columns, int pictureWidth)
    {
        int left = Math.Max(0, Left - columns);
        return this with { Left = left, Width = Math.Min(pictureWidth, Right + columns) - left };
    }
}
