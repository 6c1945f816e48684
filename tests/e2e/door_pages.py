"""Scripts that run in the phone's page: a camera whose picture is what a test draws."""

CAMERA = """
(() => {
  const canvas = document.createElement('canvas');
  canvas.width = 1280;
  canvas.height = 720;
  const paper = canvas.getContext('2d');
  let rows = [];
  const draw = () => {
    paper.fillStyle = '#555';
    paper.fillRect(0, 0, 1280, 720);
    if (!rows.length) return;
    const size = Math.floor(520 / rows.length);
    const left = (1280 - size * rows.length) / 2;
    const top = (720 - size * rows.length) / 2;
    paper.fillStyle = '#fff';
    paper.fillRect(left, top, size * rows.length, size * rows.length);
    paper.fillStyle = '#000';
    rows.forEach((row, y) => [...row].forEach((dark, x) => {
      if (dark === '1') paper.fillRect(left + x * size, top + y * size, size, size);
    }));
  };
  window.showCode = (shown) => { rows = shown; draw(); };
  setInterval(draw, 33);
  if (navigator.mediaDevices) {
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(30);
  }
})();
"""
